// SPDX-License-Identifier: Apache-2.0
#include "config/web_keys.h"

#include <array>

namespace vfswatchd {
namespace {

constexpr KeySpec key(std::string_view path, KeyType type, std::string_view description,
                      std::string_view default_text = "", bool required = false,
                      std::size_t max_items = 0) {
    return {KeyId::kOfWebConfig, path, type, required, 0, 0, max_items, default_text, description};
}

constexpr std::array kKeys = std::to_array<KeySpec>({
    key("tls_server_config", KeyType::kMapping,
        "The endpoint speaks TLS; left out: plain HTTP. Beginning or ending to speak it takes a "
        "restart."),
    key("tls_server_config.cert_file", KeyType::kFile,
        "The server's certificate, with those between it and the authority behind it, in PEM.", "",
        true),
    key("tls_server_config.key_file", KeyType::kFile,
        "Its private key, in PEM; nobody but owner and group may have access.", "", true),
    key("tls_server_config.client_auth_type", KeyType::kWord,
        "Whether clients show a certificate, and whether it is verified.", "NoClientCert"),
    key("tls_server_config.client_ca_file", KeyType::kFile,
        "The authorities that clients' certificates are verified with, in PEM."),
    key("tls_server_config.client_allowed_sans", KeyType::kWordList,
        "Subject alternative names; a verified certificate must have one of them.", "", false,
        1000),
    key("tls_server_config.min_version", KeyType::kWord, "The oldest version that is spoken.",
        "TLS12"),
    key("tls_server_config.max_version", KeyType::kWord, "The newest version that is spoken.",
        "TLS13"),
    key("tls_server_config.cipher_suites", KeyType::kWordList,
        "The suites that are offered, of TLS 1.2 by their names; TLS 1.3 takes their ciphers. Left "
        "out: all.",
        "", false, 9),
    key("tls_server_config.prefer_server_cipher_suites", KeyType::kBool,
        "Whether the server's order of suites counts, and not the client's.", "true"),
    key("tls_server_config.curve_preferences", KeyType::kWordList,
        "The curves for the exchange of keys, the preferred first.",
        "[X25519, CurveP256, CurveP384, CurveP521]", false, 4),
    key("http_server_config", KeyType::kMapping, "How HTTP is spoken."),
    key("http_server_config.http2", KeyType::kBool, "Only false: HTTP/2 is not spoken.", "false"),
    key("http_server_config.headers", KeyType::kMapping, "Headers of every reply."),
    key("http_server_config.headers.Strict-Transport-Security", KeyType::kText,
        "Tells browsers to come by TLS only."),
    key("http_server_config.headers.X-Content-Type-Options", KeyType::kText,
        "Only nosniff, which is there anyway.", "nosniff"),
    key("http_server_config.headers.X-Frame-Options", KeyType::kText, "deny or sameorigin."),
    key("http_server_config.headers.X-XSS-Protection", KeyType::kText, "For old browsers."),
    key("http_server_config.headers.Content-Security-Policy", KeyType::kText,
        "Instead of the one that the page has."),
    key("basic_auth_users", KeyType::kMapping,
        "Who may ask: names, each with the bcrypt of the password (htpasswd -nBC 10 NAME). Left "
        "out: everybody."),
});

constexpr std::array kClientAuthWords = std::to_array<ClientCertificateWord>({
    {"NoClientCert", ClientCertificate::kNone},
    {"RequestClientCert", ClientCertificate::kRequest},
    {"RequireAnyClientCert", ClientCertificate::kRequireAny},
    {"VerifyClientCertIfGiven", ClientCertificate::kVerifyIfGiven},
    {"RequireAndVerifyClientCert", ClientCertificate::kRequireAndVerify},
});

constexpr std::array kTlsVersionWords = std::to_array<TlsVersionWord>({
    {"TLS12", "VERS-TLS1.2"},
    {"TLS13", "VERS-TLS1.3"},
});

constexpr std::array kCurveWords = std::to_array<CurveWord>({
    {"X25519", "GROUP-X25519"},
    {"CurveP256", "GROUP-SECP256R1"},
    {"CurveP384", "GROUP-SECP384R1"},
    {"CurveP521", "GROUP-SECP521R1"},
});

constexpr std::array kSuiteWords = std::to_array<SuiteWord>({
    {"TLS_AES_256_GCM_SHA384", "", "AES-256-GCM"},
    {"TLS_CHACHA20_POLY1305_SHA256", "", "CHACHA20-POLY1305"},
    {"TLS_AES_128_GCM_SHA256", "", "AES-128-GCM"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA", "CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA", "AES-128-GCM"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA", "AES-256-GCM"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA", "CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA", "AES-128-GCM"},
});

}  // namespace

KeyTable web_config_keys() {
    return kKeys;
}

std::span<const ClientCertificateWord> client_auth_words() {
    return kClientAuthWords;
}

std::span<const TlsVersionWord> tls_version_words() {
    return kTlsVersionWords;
}

std::span<const CurveWord> curve_words() {
    return kCurveWords;
}

std::span<const SuiteWord> suite_words() {
    return kSuiteWords;
}

}  // namespace vfswatchd
