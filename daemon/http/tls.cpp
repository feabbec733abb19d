// SPDX-License-Identifier: Apache-2.0
#include "http/tls.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/read_file.h"

namespace vfswatchd {
namespace {

/// A bundle of every authority that systems know is a quarter of it.
constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20U;

Error tls_error(const std::string& what, int code, const std::string& remedy = "") {
    return plain_error(what + ": " + gnutls_strerror(code) + (remedy.empty() ? "" : "; " + remedy));
}

Result<FileText> read_pem(const std::string& file) {
    auto pem = read_regular_file(file, kMaxPemBytes);
    if (!pem)
        return fail(plain_error(file + ": " + pem.error().message() +
                                "; let the user that runs vfswatchd read it (as a service that is "
                                "the user vfswatchd), and enter its directories"));
    if (pem->text.size() > kMaxPemBytes)
        return fail(plain_error(file + ": found more than " + std::to_string(kMaxPemBytes) +
                                " bytes, expected PEM"));
    return pem;
}

gnutls_datum_t datum(const std::string& text) {
    // GnuTLS takes it as unsigned bytes, and only reads them.
    return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
            static_cast<unsigned>(text.size())};
}

gnutls_certificate_request_t request_of(ClientCertificate wish) {
    switch (wish) {
        case ClientCertificate::kNone:
            return GNUTLS_CERT_IGNORE;
        case ClientCertificate::kRequest:
        case ClientCertificate::kVerifyIfGiven:
            return GNUTLS_CERT_REQUEST;
        case ClientCertificate::kRequireAny:
        case ClientCertificate::kRequireAndVerify:
            return GNUTLS_CERT_REQUIRE;
    }
    return GNUTLS_CERT_REQUIRE;
}

struct FreeCertificate {
    void operator()(gnutls_x509_crt_t certificate) const { gnutls_x509_crt_deinit(certificate); }
};
using CertificatePtr = std::unique_ptr<std::remove_pointer_t<gnutls_x509_crt_t>, FreeCertificate>;

CertificatePtr parsed(const gnutls_datum_t& der) {
    gnutls_x509_crt_t certificate = nullptr;
    if (gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS) return nullptr;
    CertificatePtr owned(certificate);
    if (gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS)
        return nullptr;
    return owned;
}

std::string text_of_ip(const std::string& bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
    if (family == AF_INET6 && bytes.size() != sizeof(in6_addr)) return {};
    return inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr ? "" : text.data();
}

/// As people write it: an IP address as text, others as they are; absent behind the last.
std::optional<std::string> alternative_name(gnutls_x509_crt_t certificate, unsigned number) {
    std::string name(256, '\0');
    while (true) {
        std::size_t size = name.size();
        const int type =
            gnutls_x509_crt_get_subject_alt_name(certificate, number, name.data(), &size, nullptr);
        if (type == GNUTLS_E_SHORT_MEMORY_BUFFER && size > name.size()) {
            name.resize(size);
            continue;
        }
        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return std::nullopt;
        // One that GnuTLS cannot read is no name that is wanted.
        if (type < 0) return "";
        name.resize(size);
        return type == GNUTLS_SAN_IPADDRESS ? text_of_ip(name) : name;
    }
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsSettings& settings) {
    std::shared_ptr<TlsContext> context(new TlsContext);
    context->client_certificate_ = settings.client_certificate;
    context->client_names_ = settings.client_names;

    gnutls_priority_t priorities = nullptr;
    int code = gnutls_priority_init(&priorities, settings.priorities.c_str(), nullptr);
    context->priorities_.reset(priorities);
    if (code != GNUTLS_E_SUCCESS)
        return fail(tls_error("versions, suites and curves (" + settings.priorities + ")", code));

    gnutls_certificate_credentials_t credentials = nullptr;
    code = gnutls_certificate_allocate_credentials(&credentials);
    context->credentials_.reset(credentials);
    if (code != GNUTLS_E_SUCCESS) return fail(tls_error("set up TLS", code));
    if (auto done = context->take_key(settings); !done) return fail(done.error());
    if (!settings.client_ca_file.empty())
        if (auto done = context->take_authorities(settings.client_ca_file); !done)
            return fail(done.error());
    return context;
}

Result<void> TlsContext::take_key(const TlsSettings& settings) {
    const auto certificate = read_pem(settings.cert_file);
    if (!certificate) return fail(certificate.error());
    const auto key = read_pem(settings.key_file);
    if (!key) return fail(key.error());
    if ((key->mode & (S_IRWXO | S_IWGRP)) != 0)
        return fail(plain_error(settings.key_file +
                                ": others than its owner and group may read it, or its group "
                                "write; make it private: chmod u=rw,g=r,o= (or 0600)"));
    const gnutls_datum_t certificate_pem = datum(certificate->text);
    const gnutls_datum_t key_pem = datum(key->text);
    const int code = gnutls_certificate_set_x509_key_mem2(
        credentials_.get(), &certificate_pem, &key_pem, GNUTLS_X509_FMT_PEM, nullptr, 0);
    if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return fail(plain_error(settings.key_file + ": the key is not that of the certificate in " +
                                settings.cert_file + "; name the two that belong together"));
    if (code < 0)
        return fail(tls_error(settings.cert_file + " with " + settings.key_file, code,
                              "both must be PEM, and the key without a password"));
    return {};
}

Result<void> TlsContext::take_authorities(const std::string& file) {
    const auto pem = read_pem(file);
    if (!pem) return fail(pem.error());
    const gnutls_datum_t text = datum(pem->text);
    const int count =
        gnutls_certificate_set_x509_trust_mem(credentials_.get(), &text, GNUTLS_X509_FMT_PEM);
    if (count < 0) return fail(tls_error(file, count, "it must be certificates in PEM"));
    if (count == 0)
        return fail(plain_error(file + ": found no certificate, expected those of authorities"));
    return {};
}

bool TlsContext::verifies() const {
    return client_certificate_ == ClientCertificate::kVerifyIfGiven ||
           client_certificate_ == ClientCertificate::kRequireAndVerify;
}

Result<void> TlsContext::begin(gnutls_session_t session) const {
    // The server's library gives its sessions credentials of its own first.
    gnutls_credentials_clear(session);
    int code = gnutls_priority_set(session, priorities_.get());
    if (code == GNUTLS_E_SUCCESS)
        code = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_.get());
    if (code != GNUTLS_E_SUCCESS) {
        gnutls_credentials_clear(session);
        return fail(tls_error("begin TLS", code));
    }
    gnutls_certificate_server_set_request(session, request_of(client_certificate_));
    // The session's own pointer is the server's library's; sessions have no database here.
    gnutls_db_set_ptr(session, const_cast<TlsContext*>(this));
    gnutls_session_set_verify_function(session, verifies() ? &TlsContext::verify_client : nullptr);
    return {};
}

/// Not 0: the handshake fails.
int TlsContext::verify_client(gnutls_session_t session) {
    unsigned count = 0;
    const gnutls_datum_t* certificates = gnutls_certificate_get_peers(session, &count);
    // Whether there must be one is the request's business.
    if (certificates == nullptr || count == 0) return 0;
    std::string purpose = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st data{};
    data.type = GNUTLS_DT_KEY_PURPOSE_OID;
    data.data = reinterpret_cast<unsigned char*>(purpose.data());
    unsigned faults = 0;
    const int code = gnutls_certificate_verify_peers(session, &data, 1, &faults);
    if (code != GNUTLS_E_SUCCESS || faults != 0) return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
    const auto* context = static_cast<const TlsContext*>(gnutls_db_get_ptr(session));
    return context->accepts_name_of(certificates[0]) ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

bool TlsContext::accepts_name_of(const gnutls_datum_t& certificate) const {
    if (client_names_.empty()) return true;
    const CertificatePtr client = parsed(certificate);
    if (!client) return false;
    for (unsigned number = 0;; ++number) {
        const std::optional<std::string> name = alternative_name(client.get(), number);
        if (!name) return false;
        if (std::find(client_names_.begin(), client_names_.end(), *name) != client_names_.end())
            return true;
    }
}

}  // namespace vfswatchd
