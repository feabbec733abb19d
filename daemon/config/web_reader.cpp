// SPDX-License-Identifier: Apache-2.0
#include "config/web_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "config/text.h"
#include "config/values.h"

namespace vfswatchd {
namespace {

constexpr std::string_view kTls = "tls_server_config";
constexpr std::string_view kHttp = "http_server_config";
constexpr std::string_view kHeaders = "http_server_config.headers";

template <typename Word>
std::vector<std::string_view> names_of(std::span<const Word> words) {
    std::vector<std::string_view> names;
    for (const Word& word : words)
        names.push_back(word.word);
    return names;
}

/// A line of a header holds no other characters, and no beginning of another line.
bool is_header_text(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// What a header may hold where not everything has a meaning; empty: any text.
std::vector<std::string_view> header_words(std::string_view name) {
    if (name == "X-Content-Type-Options") return {"nosniff"};
    if (name == "X-Frame-Options") return {"deny", "sameorigin"};
    return {};
}

Checked<void> check_client_name(std::string_view text) {
    if (is_header_text(text)) return {};
    return wrong(text, "a subject alternative name in printable ASCII");
}

constexpr char kBcryptShape[] =
    "a bcrypt, such as `htpasswd -nBC 10 NAME` prints: $2y$, two digits of cost, $ and 53 "
    "characters";

/// Source: crypt(5).
Checked<void> check_bcrypt(std::string_view hash) {
    constexpr std::array<std::string_view, 3> kPrefixes = {"$2a$", "$2b$", "$2y$"};
    constexpr std::size_t kCostAt = 4;
    constexpr std::size_t kDigestAt = 7;
    constexpr std::size_t kBytes = 60;
    constexpr int kMinCost = 4;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto in_digest = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '/';
    };
    // What is found is a secret, more or less, and is not shown.
    const bool has_shape =
        hash.size() == kBytes &&
        std::find(kPrefixes.begin(), kPrefixes.end(), hash.substr(0, kCostAt)) != kPrefixes.end() &&
        std::all_of(hash.begin() + kCostAt, hash.begin() + kDigestAt - 1, is_digit) &&
        hash[kDigestAt - 1] == '$' && std::all_of(hash.begin() + kDigestAt, hash.end(), in_digest);
    if (!has_shape) return wrong(std::string("found another text, expected ") + kBcryptShape);
    int cost = 0;
    std::from_chars(hash.data() + kCostAt, hash.data() + kDigestAt - 1, cost);
    if (cost < kMinCost || cost > kMaxBcryptCost)
        return wrong("found a bcrypt of cost " + std::to_string(cost) + ", expected one from " +
                     std::to_string(kMinCost) + " to " + std::to_string(kMaxBcryptCost) +
                     ": each step doubles the time that a password takes to be checked");
    return {};
}

}  // namespace

void WebConfigReader::read(const std::string& file, const YamlNode& root) {
    nodes_.start(file);
    if (root.kind == Kind::kNull) {
        return nodes_.fault(root, "the file holds nothing, expected some of the keys " +
                                      listed(names_under(web_config_keys(), "")) +
                                      "; leave `web_config_file` away where none is needed");
    }
    read_mapping(root, "");
}

void WebConfigReader::read_mapping(const YamlNode& node, std::string_view path) {
    nodes_.read_mapping(
        node, path, [this](const KeySpec& key, const YamlNode& key_node, const YamlNode& value) {
            read_key(key, key_node, value);
        });
}

void WebConfigReader::read_key(const KeySpec& key, const YamlNode& key_node,
                               const YamlNode& value) {
    if (key.path == kTls) {
        read_mapping(value, kTls);
        return finish_tls(key_node);
    }
    if (key.path == kHttp || key.path == kHeaders) return read_mapping(value, key.path);
    if (key.path == "http_server_config.http2") return read_http2(key, value);
    if (key.path == "basic_auth_users") return read_users(key, value);
    if (key_parent(key) == kHeaders) return read_header(key, value);
    read_tls_key(key, value);
}

void WebConfigReader::read_tls_key(const KeySpec& key, const YamlNode& value) {
    const std::string_view name = key_name(key);
    if (name == "cert_file") return read_file(key, value, tls_.cert_file);
    if (name == "key_file") return read_file(key, value, tls_.key_file);
    if (name == "client_ca_file") return read_file(key, value, tls_.client_ca_file);
    if (name == "client_auth_type") return read_client_auth_type(key, value);
    if (name == "client_allowed_sans") return read_client_names(key, value);
    if (name == "min_version") return read_version(key, value, min_version_);
    if (name == "max_version") return read_version(key, value, max_version_);
    if (name == "prefer_server_cipher_suites")
        return nodes_.read_bool(key, value, server_precedence_);
    if (name == "curve_preferences") return read_words(key, value, curve_words(), curves_);
    suites_place_ = nodes_.place(value);
    read_words(key, value, suite_words(), suites_);
}

void WebConfigReader::read_file(const KeySpec& key, const YamlNode& node, std::string& out) {
    if (!nodes_.is_scalar(key, node)) return;
    if (const Checked<void> checked = check_file(node.text); !checked)
        return nodes_.fault(node, std::string(key_name(key)) + ": " + checked.error());
    out = beside(nodes_.file(), node.text);
}

void WebConfigReader::read_client_auth_type(const KeySpec& key, const YamlNode& node) {
    if (const auto* word =
            nodes_.find_word(key, node, client_auth_words(), names_of(client_auth_words())))
        tls_.client_certificate = word->meaning;
    else
        knows_client_auth_type_ = false;
}

void WebConfigReader::read_client_names(const KeySpec& key, const YamlNode& node) {
    NodeReader::Seen seen;
    for (const YamlNode& item : nodes_.items(key, node))
        if (nodes_.is_new_text(key, item, check_client_name, seen))
            tls_.client_names.push_back(item.text);
}

void WebConfigReader::read_version(const KeySpec& key, const YamlNode& node,
                                   const TlsVersionWord*& out) {
    if (node.kind == Kind::kScalar && (node.text == "TLS10" || node.text == "TLS11"))
        return nodes_.fault(node, std::string(key_name(key)) + ": found " + with_quotes(node.text) +
                                      ", which is broken and not spoken, expected one of " +
                                      listed(names_of(tls_version_words())));
    out = nodes_.find_word(key, node, tls_version_words(), names_of(tls_version_words()));
}

template <typename Word>
void WebConfigReader::read_words(const KeySpec& key, const YamlNode& node,
                                 std::span<const Word> words, std::vector<const Word*>& out) {
    NodeReader::Seen seen;
    for (const YamlNode& item : nodes_.items(key, node)) {
        const Word* word = nodes_.find_word(key, item, words, names_of(words));
        if (word != nullptr && nodes_.is_first(seen, item.text, item, key)) out.push_back(word);
    }
}

void WebConfigReader::read_http2(const KeySpec& key, const YamlNode& node) {
    bool wanted = false;
    nodes_.read_bool(key, node, wanted);
    if (wanted)
        nodes_.fault(node,
                     "http2: found `true`, expected `false`: HTTP/2 is not spoken, and clients do "
                     "without; write false, or leave it away");
}

void WebConfigReader::read_header(const KeySpec& key, const YamlNode& node) {
    if (!nodes_.is_scalar(key, node)) return;
    const std::string name(key_name(key));
    const std::vector<std::string_view> words = header_words(name);
    if (!is_header_text(node.text))
        return nodes_.fault(node, name + ": found " + with_quotes(node.text) +
                                      ", expected a line of printable ASCII");
    if (!words.empty() && std::find(words.begin(), words.end(), node.text) == words.end())
        return nodes_.unknown_word(key, node, words);
    config_.headers.push_back({name, node.text});
}

void WebConfigReader::read_users(const KeySpec& key, const YamlNode& node) {
    nodes_.read_pairs(
        node, "names of users, each with a bcrypt",
        "; leave `" + std::string(key.path) + "` away where everybody may ask",
        [this](const YamlNode& name, const YamlNode& hash) { read_user(name, hash); });
}

void WebConfigReader::read_user(const YamlNode& name, const YamlNode& hash) {
    if (!is_header_text(name.text) || name.text.find(':') != std::string::npos)
        return nodes_.fault(name, "found the user " + with_quotes(name.text) +
                                      ", expected printable ASCII without a colon, as in HTTP's "
                                      "basic authentication");
    const std::string of = "the password of " + with_quotes(name.text) + ": ";
    if (hash.kind == Kind::kRefused) return;
    if (hash.kind != Kind::kScalar)
        return nodes_.fault(hash, of + "found " + found(hash) + ", expected " + kBcryptShape);
    if (const Checked<void> checked = check_bcrypt(hash.text); !checked)
        return nodes_.fault(hash, of + checked.error());
    config_.users.push_back({name.text, hash.text});
}

void WebConfigReader::finish_tls(const YamlNode& node) {
    check_clients(node);
    check_suites();
    check_suites_of_version();
    if (min_version_ != nullptr && max_version_ != nullptr && min_version_ > max_version_)
        nodes_.fault(node, "found a min_version above max_version, expected one below or equal");
    tls_.priorities = priorities();
    config_.tls = std::move(tls_);
}

void WebConfigReader::check_clients(const YamlNode& node) {
    // What it was to be decides what may stand beside it.
    if (!knows_client_auth_type_) return;
    const bool verifies = tls_.client_certificate == ClientCertificate::kVerifyIfGiven ||
                          tls_.client_certificate == ClientCertificate::kRequireAndVerify;
    const bool has_ca = !tls_.client_ca_file.empty();
    if (verifies && !has_ca)
        nodes_.fault(node,
                     "found a client_auth_type that verifies, but no `client_ca_file`, expected "
                     "the authorities to verify with");
    if (has_ca && !verifies)
        nodes_.fault(node,
                     "found a `client_ca_file` beside a client_auth_type that verifies nothing, "
                     "expected VerifyClientCertIfGiven or RequireAndVerifyClientCert; set one of "
                     "them, or leave the file away");
    if (!tls_.client_names.empty() && !verifies)
        nodes_.fault(node,
                     "found `client_allowed_sans` beside a client_auth_type that verifies "
                     "nothing, expected VerifyClientCertIfGiven or RequireAndVerifyClientCert");
}

/// GnuTLS takes exchanges and ciphers, and offers them in every combination: reports those that
/// the list lacks.
void WebConfigReader::check_suites() {
    const auto uses = [this](std::string_view SuiteWord::*part, std::string_view name) {
        return std::any_of(suites_.begin(), suites_.end(),
                           [&](const SuiteWord* suite) { return suite->*part == name; });
    };
    for (const SuiteWord& suite : suite_words()) {
        if (suite.exchange.empty() || !uses(&SuiteWord::exchange, suite.exchange) ||
            !uses(&SuiteWord::cipher, suite.cipher) || uses(&SuiteWord::word, suite.word))
            continue;
        nodes_.fault(suites_place_,
                     "cipher_suites: found a list that brings " + with_quotes(suite.word) +
                         " with it, for its exchange and its cipher are both there, expected it in "
                         "the list; add it, or leave others out");
    }
}

/// A server without any would start, and speak to nobody.
void WebConfigReader::check_suites_of_version() {
    if (suites_.empty() || max_version_ != &tls_version_words().front()) return;
    const bool has_one = std::any_of(suites_.begin(), suites_.end(), [](const SuiteWord* suite) {
        return !suite->exchange.empty();
    });
    if (!has_one)
        nodes_.fault(suites_place_,
                     "cipher_suites: found suites of TLS 1.3 only, while max_version is TLS12, "
                     "expected one of TLS 1.2; add one, or leave max_version away");
}

std::string WebConfigReader::priorities() const {
    std::string text = "SECURE128:-VERS-ALL:-KX-ALL:-CIPHER-ALL:-MAC-ALL:+AEAD:-GROUP-ALL";
    const auto add = [&text](std::string_view name) {
        const std::string part = ":+" + std::string(name);
        if (!name.empty() && (text + ":").find(part + ":") == std::string::npos) text += part;
    };
    const auto versions = tls_version_words();
    const TlsVersionWord* oldest = min_version_ == nullptr ? &versions.front() : min_version_;
    const TlsVersionWord* newest = max_version_ == nullptr ? &versions.back() : max_version_;
    for (const TlsVersionWord& version : versions)
        if (&version >= oldest && &version <= newest) add(version.priority);
    const auto add_suite = [&add](const SuiteWord& suite) {
        add(suite.exchange);
        add(suite.cipher);
    };
    for (const SuiteWord* suite : suites_)
        add_suite(*suite);
    if (suites_.empty())
        for (const SuiteWord& suite : suite_words())
            add_suite(suite);
    for (const CurveWord* curve : curves_)
        add(curve->priority);
    if (curves_.empty())
        for (const CurveWord& curve : curve_words())
            add(curve.priority);
    return server_precedence_ ? text + ":%SERVER_PRECEDENCE" : text;
}

}  // namespace vfswatchd
