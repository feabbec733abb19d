// SPDX-License-Identifier: Apache-2.0
#include "certificates.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <netinet/in.h>

#include <array>
#include <ctime>
#include <stdexcept>

namespace vfswatchd {
namespace {

constexpr std::time_t kDay = 24 * 60 * 60;

void check(int code) {
    if (code < 0) throw std::runtime_error(gnutls_strerror(code));
}

std::string text_of(gnutls_datum_t datum) {
    std::string text(reinterpret_cast<const char*>(datum.data), datum.size);
    gnutls_free(datum.data);
    return text;
}

std::string pem_of(gnutls_x509_crt_t certificate) {
    gnutls_datum_t pem{};
    check(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem));
    return text_of(pem);
}

std::string pem_of(gnutls_x509_privkey_t key) {
    gnutls_datum_t pem{};
    check(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
    return text_of(pem);
}

std::string bytes_of_ip(const std::string& text) {
    std::array<char, sizeof(in6_addr)> bytes{};
    const bool v6 = text.find(':') != std::string::npos;
    if (::inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1)
        throw std::runtime_error("no address: " + text);
    return {bytes.data(), v6 ? sizeof(in6_addr) : sizeof(in_addr)};
}

void add_name(gnutls_x509_crt_t certificate, gnutls_x509_subject_alt_name_t type,
              const std::string& name) {
    check(gnutls_x509_crt_set_subject_alt_name(
        certificate, type, name.data(), static_cast<unsigned>(name.size()), GNUTLS_FSAN_APPEND));
}

void add_names(gnutls_x509_crt_t certificate, const Subject& subject) {
    for (const std::string& name : subject.dns_names)
        add_name(certificate, GNUTLS_SAN_DNSNAME, name);
    for (const std::string& address : subject.ip_addresses)
        add_name(certificate, GNUTLS_SAN_IPADDRESS, bytes_of_ip(address));
    for (const std::string& email : subject.emails)
        add_name(certificate, GNUTLS_SAN_RFC822NAME, email);
}

}  // namespace

Authority::KeyPtr Authority::new_key(KeyKind kind) {
    gnutls_x509_privkey_t key = nullptr;
    check(gnutls_x509_privkey_init(&key));
    KeyPtr owned(key);
    const bool rsa = kind == KeyKind::kRsa;
    check(gnutls_x509_privkey_generate(
        key, rsa ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA,
        rsa ? 2048 : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    return owned;
}

Authority::CertificatePtr Authority::new_certificate(const std::string& name,
                                                     gnutls_x509_privkey_t key, bool has_expired) {
    gnutls_x509_crt_t certificate = nullptr;
    check(gnutls_x509_crt_init(&certificate));
    CertificatePtr owned(certificate);
    std::array<unsigned char, 8> serial{};
    check(gnutls_rnd(GNUTLS_RND_NONCE, serial.data(), serial.size()));
    serial[0] &= 0x7f;  // a negative one is none
    const std::time_t now = std::time(nullptr);
    check(gnutls_x509_crt_set_version(certificate, 3));
    check(gnutls_x509_crt_set_serial(certificate, serial.data(), serial.size()));
    check(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name.data(),
                                        static_cast<unsigned>(name.size())));
    check(gnutls_x509_crt_set_activation_time(certificate, now - 2 * kDay));
    check(gnutls_x509_crt_set_expiration_time(certificate, has_expired ? now - kDay : now + kDay));
    check(gnutls_x509_crt_set_key(certificate, key));
    return owned;
}

Authority::Authority(const std::string& name)
    : key_(new_key(KeyKind::kEcdsa)), self_(new_certificate(name, key_.get(), false)) {
    check(gnutls_x509_crt_set_basic_constraints(self_.get(), 1, -1));
    check(gnutls_x509_crt_set_key_usage(self_.get(), GNUTLS_KEY_KEY_CERT_SIGN));
    check(gnutls_x509_crt_sign2(self_.get(), self_.get(), key_.get(), GNUTLS_DIG_SHA256, 0));
    certificate_ = pem_of(self_.get());
}

Identity Authority::issue(const Subject& subject) const {
    const KeyPtr key = new_key(subject.key);
    const CertificatePtr certificate =
        new_certificate(subject.name, key.get(), subject.has_expired);
    add_names(certificate.get(), subject);
    check(gnutls_x509_crt_set_basic_constraints(certificate.get(), 0, -1));
    check(gnutls_x509_crt_set_key_usage(certificate.get(), GNUTLS_KEY_DIGITAL_SIGNATURE));
    check(gnutls_x509_crt_set_key_purpose_oid(
        certificate.get(), subject.is_client ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER,
        0));
    check(gnutls_x509_crt_sign2(certificate.get(), self_.get(), key_.get(), GNUTLS_DIG_SHA256, 0));
    return {pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace vfswatchd
