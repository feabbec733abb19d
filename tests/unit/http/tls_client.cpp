// SPDX-License-Identifier: Apache-2.0
#include "tls_client.h"

#include <array>
#include <stdexcept>

namespace vfswatchd {
namespace {

constexpr unsigned kSilenceMs = 20'000;

void check(int code) {
    if (code < 0) throw std::runtime_error(gnutls_strerror(code));
}

gnutls_datum_t datum(const std::string& text) {
    return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
            static_cast<unsigned>(text.size())};
}

}  // namespace

TlsClient::TlsClient(const HttpAddress& address, const TlsClientOptions& options)
    : RawClient(address, options.receive_buffer_bytes) {
    if (!connected()) return;
    prepare(options);
    do
        code_ = gnutls_handshake(session_.get());
    while (code_ < 0 && gnutls_error_is_fatal(code_) == 0);
}

void TlsClient::prepare(const TlsClientOptions& options) {
    gnutls_certificate_credentials_t credentials = nullptr;
    check(gnutls_certificate_allocate_credentials(&credentials));
    credentials_.reset(credentials);
    if (options.identity) {
        const gnutls_datum_t certificate = datum(options.identity->certificate);
        const gnutls_datum_t key = datum(options.identity->key);
        check(gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key,
                                                  GNUTLS_X509_FMT_PEM));
    }
    const gnutls_datum_t authority = datum(options.authority);
    if (!options.authority.empty())
        check(gnutls_certificate_set_x509_trust_mem(credentials, &authority, GNUTLS_X509_FMT_PEM));
    gnutls_session_t session = nullptr;
    // Whomever the server says that it trusts: it shall see the certificate that is tested.
    check(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT | GNUTLS_NO_SIGNAL));
    session_.reset(session);
    check(gnutls_priority_set_direct(session, options.priorities.c_str(), nullptr));
    check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
    if (!options.authority.empty()) gnutls_session_set_verify_cert(session, "localhost", 0);
    gnutls_transport_set_int(session, socket());
    gnutls_handshake_set_timeout(session, kSilenceMs);
    gnutls_record_set_timeout(session, kSilenceMs);
}

gnutls_protocol_t TlsClient::version() const {
    return gnutls_protocol_get_version(session_.get());
}

std::string TlsClient::suite() const {
    char* text = gnutls_session_get_desc(session_.get());
    const std::string suite = text == nullptr ? "" : text;
    gnutls_free(text);
    return suite;
}

std::string TlsClient::peer() const {
    unsigned count = 0;
    const gnutls_datum_t* certificates = gnutls_certificate_get_peers(session_.get(), &count);
    if (certificates == nullptr || count == 0) return {};
    return {reinterpret_cast<const char*>(certificates[0].data), certificates[0].size};
}

bool TlsClient::send(const std::string& text) {
    if (!shook_hands()) return false;
    std::size_t sent = 0;
    while (sent < text.size()) {
        const ssize_t put =
            gnutls_record_send(session_.get(), text.data() + sent, text.size() - sent);
        if (put < 0 && gnutls_error_is_fatal(static_cast<int>(put)) != 0) return false;
        if (put > 0) sent += static_cast<std::size_t>(put);
    }
    return true;
}

bool TlsClient::receive_some(std::string& into) {
    if (!shook_hands()) return false;
    std::array<char, 65536> block{};
    ssize_t got = 0;
    do
        got = gnutls_record_recv(session_.get(), block.data(), block.size());
    while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED ||
           got == GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (got <= 0) {
        if (got < 0) code_ = static_cast<int>(got);
        return false;
    }
    into.append(block.data(), static_cast<std::size_t>(got));
    return true;
}

Answer ask(const HttpAddress& address, const TlsClientOptions& options, const std::string& method,
           const std::string& target, const std::string& headers) {
    TlsClient client(address, options);
    if (!client.send(request_text(method, target, headers))) return {};
    Answer answer = client.receive_answer(method == "HEAD");
    answer.whole = answer.whole && client.receive_all().empty();
    return answer;
}

}  // namespace vfswatchd
