// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "config/parse.h"
#include "config/web_keys.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

#define TLS "tls_server_config:\n  cert_file: c\n  key_file: k\n"
#define HEADERS "http_server_config:\n  headers:\n"
#define USERS "basic_auth_users:\n"
#define HASH "$2y$05$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde"

#define TOP_KEYS "tls_server_config, http_server_config, basic_auth_users"
#define TLS_KEYS                                                                                \
    "cert_file, key_file, client_auth_type, client_ca_file, client_allowed_sans, min_version, " \
    "max_version, cipher_suites, prefer_server_cipher_suites, curve_preferences"
#define HEADER_KEYS                                                                          \
    "Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, X-XSS-Protection, " \
    "Content-Security-Policy"
#define BCRYPT                                                                              \
    "a bcrypt, such as `htpasswd -nBC 10 NAME` prints: $2y$, two digits of cost, $ and 53 " \
    "characters"

WebConfig parsed(const std::string& text, const std::string& file = "/etc/vfswatchd/web.yml") {
    const WebConfigOrFaults config = parse_web_config({file, text});
    if (config) return *config;
    for (const ConfigFault& fault : config.error())
        ADD_FAILURE() << format_fault(fault);
    return {};
}

std::string faults_of(const std::string& text) {
    const WebConfigOrFaults config = parse_web_config({"web.yml", text});
    std::string lines;
    if (config) return lines;
    for (const ConfigFault& fault : config.error())
        lines += (lines.empty() ? "" : "\n") + format_fault(fault);
    return lines;
}

TEST(WebConfigParse, ReadsEveryKey) {
    const WebConfig config = parsed(R"(
tls_server_config:
  cert_file: server.crt
  key_file: /run/keys/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ../ca.crt
  client_allowed_sans: [prometheus.example, 192.0.2.7, "ops@example.org"]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]
  prefer_server_cipher_suites: false
  curve_preferences: [CurveP384, X25519]
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Content-Type-Options: nosniff
    X-Frame-Options: deny
    X-XSS-Protection: "0"
    Content-Security-Policy: default-src 'none'
basic_auth_users:
  prometheus: )" HASH R"(
  "other user": $2b$14$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde
  old: $2a$04$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabc./
)");
    ASSERT_TRUE(config.tls);
    EXPECT_EQ(config.tls->cert_file, "/etc/vfswatchd/server.crt");
    EXPECT_EQ(config.tls->key_file, "/run/keys/server.key");
    EXPECT_EQ(config.tls->client_certificate, ClientCertificate::kRequireAndVerify);
    EXPECT_EQ(config.tls->client_ca_file, "/etc/vfswatchd/../ca.crt");
    EXPECT_THAT(config.tls->client_names,
                ElementsAre("prometheus.example", "192.0.2.7", "ops@example.org"));
    std::vector<std::string> headers;
    for (const WebHeader& header : config.headers)
        headers.push_back(header.name + ": " + header.value);
    EXPECT_THAT(headers,
                ElementsAre("Strict-Transport-Security: max-age=31536000",
                            "X-Content-Type-Options: nosniff", "X-Frame-Options: deny",
                            "X-XSS-Protection: 0", "Content-Security-Policy: default-src 'none'"));
    ASSERT_EQ(config.users.size(), 3U);
    EXPECT_EQ(config.users[0].name, "prometheus");
    EXPECT_EQ(config.users[0].hash, HASH);
    EXPECT_EQ(config.users[1].name, "other user");
}

TEST(WebConfigParse, NeedsNoneOfTheKeys) {
    const WebConfig users = parsed(USERS "  a: " HASH "\n");
    EXPECT_FALSE(users.tls);
    EXPECT_THAT(users.headers, IsEmpty());
    EXPECT_FALSE(parsed("http_server_config: {http2: false}\n").tls);
    const WebConfig tls = parsed(TLS);
    ASSERT_TRUE(tls.tls);
    EXPECT_THAT(tls.users, IsEmpty());
    EXPECT_EQ(tls.tls->client_certificate, ClientCertificate::kNone);
    EXPECT_THAT(tls.tls->client_names, IsEmpty());
}

TEST(WebConfigParse, FindsFilesBesideItself) {
    EXPECT_EQ(parsed(TLS, "web.yml").tls->cert_file, "c");
    EXPECT_EQ(parsed(TLS, "sub/web.yml").tls->key_file, "sub/k");
    EXPECT_EQ(parsed(TLS, "/web.yml").tls->key_file, "/k");
}

TEST(WebConfigParse, KnowsEveryWord) {
    for (const ClientCertificateWord& word : client_auth_words()) {
        const bool verifies =
            word.word.find("Verify") == 0 || word.meaning == ClientCertificate::kRequireAndVerify;
        const WebConfig config = parsed(TLS "  client_auth_type: " + std::string(word.word) +
                                        (verifies ? "\n  client_ca_file: ca\n" : "\n"));
        EXPECT_EQ(config.tls->client_certificate, word.meaning) << word.word;
    }
    EXPECT_EQ(client_auth_words().size(), 5U);
    std::string suites;
    for (const SuiteWord& suite : suite_words())
        suites += (suites.empty() ? "" : ", ") + std::string(suite.word);
    EXPECT_TRUE(parsed(TLS "  cipher_suites: [" + suites + "]\n").tls);
}

/// What GnuTLS makes of the priorities.
struct Spoken {
    std::vector<std::string> versions;
    std::vector<std::string> exchanges;
    std::vector<std::string> ciphers;
    std::vector<std::string> groups;
};

struct FreePriorities {
    void operator()(gnutls_priority_t priorities) const { gnutls_priority_deinit(priorities); }
};

template <typename Code, typename List, typename Name>
std::vector<std::string> names_of(gnutls_priority_t priorities, List list, Name name) {
    const unsigned* codes = nullptr;
    const int count = list(priorities, &codes);
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i)
        names.emplace_back(name(static_cast<Code>(codes[i])));
    return names;
}

Spoken spoken(const std::string& more) {
    const std::string text = parsed(TLS + more).tls->priorities;
    gnutls_priority_t made = nullptr;
    const char* fault = nullptr;
    EXPECT_EQ(gnutls_priority_init(&made, text.c_str(), &fault), GNUTLS_E_SUCCESS) << fault;
    const std::unique_ptr<std::remove_pointer_t<gnutls_priority_t>, FreePriorities> owned(made);
    return {
        names_of<gnutls_protocol_t>(made, gnutls_priority_protocol_list, gnutls_protocol_get_name),
        names_of<gnutls_kx_algorithm_t>(made, gnutls_priority_kx_list, gnutls_kx_get_name),
        names_of<gnutls_cipher_algorithm_t>(made, gnutls_priority_cipher_list,
                                            gnutls_cipher_get_name),
        names_of<gnutls_group_t>(made, gnutls_priority_group_list, gnutls_group_get_name)};
}

TEST(WebConfigPriorities, AreTheSafeOnesByThemselves) {
    const Spoken all = spoken("");
    EXPECT_THAT(all.versions, UnorderedElementsAre("TLS1.2", "TLS1.3"));
    EXPECT_THAT(all.exchanges, UnorderedElementsAre("ECDHE-ECDSA", "ECDHE-RSA"));
    EXPECT_THAT(all.ciphers, ElementsAre("AES-256-GCM", "CHACHA20-POLY1305", "AES-128-GCM"));
    EXPECT_THAT(all.groups, ElementsAre("X25519", "SECP256R1", "SECP384R1", "SECP521R1"));
}

TEST(WebConfigPriorities, HaveTheVersionsFromOldestToNewest) {
    EXPECT_THAT(spoken("  min_version: TLS13\n").versions, ElementsAre("TLS1.3"));
    EXPECT_THAT(spoken("  max_version: TLS12\n").versions, ElementsAre("TLS1.2"));
    EXPECT_THAT(spoken("  min_version: TLS12\n  max_version: TLS12\n").versions,
                ElementsAre("TLS1.2"));
    EXPECT_THAT(spoken("  max_version: TLS13\n").versions,
                UnorderedElementsAre("TLS1.2", "TLS1.3"));
}

TEST(WebConfigPriorities, HaveTheSuitesThatAreNamed) {
    const Spoken modern =
        spoken("  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384]\n");
    EXPECT_THAT(modern.exchanges, IsEmpty());
    EXPECT_THAT(modern.ciphers, ElementsAre("AES-128-GCM", "AES-256-GCM"));
    const Spoken one = spoken("  cipher_suites: [TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256]\n");
    EXPECT_THAT(one.exchanges, ElementsAre("ECDHE-RSA"));
    EXPECT_THAT(one.ciphers, ElementsAre("CHACHA20-POLY1305"));
    const Spoken both = spoken(
        "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n");
    EXPECT_THAT(both.exchanges, ElementsAre("ECDHE-ECDSA", "ECDHE-RSA"));
    EXPECT_THAT(both.ciphers, ElementsAre("AES-128-GCM"));
}

TEST(WebConfigPriorities, HaveTheCurvesThatAreNamed) {
    EXPECT_THAT(spoken("  curve_preferences: [CurveP521, X25519]\n").groups,
                ElementsAre("SECP521R1", "X25519"));
}

struct BadWebConfig {
    const char* name;
    const char* text;
    const char* faults;
};

void PrintTo(const BadWebConfig& bad, std::ostream* out) {
    *out << bad.name;
}

const BadWebConfig kBadWebConfigs[] = {
    {"Empty", "",
     "web.yml:1:1: the file holds nothing, expected some of the keys " TOP_KEYS
     "; leave `web_config_file` away where none is needed"},
    {"OnlyComments", "# basic_auth_users:\n",
     "web.yml:1:1: the file holds nothing, expected some of the keys " TOP_KEYS
     "; leave `web_config_file` away where none is needed"},
    {"EmptyMapping", "{}\n",
     "web.yml:1:1: found an empty mapping, expected some of the keys " TOP_KEYS},
    {"TopLevelList", "- a\n",
     "web.yml:1:1: found a list, expected a mapping with the keys " TOP_KEYS},
    {"TopLevelScalar", "hello\n",
     "web.yml:1:1: found `hello`, expected a mapping with the keys " TOP_KEYS},
    {"SecondDocument", USERS "  a: " HASH "\n---\n",
     "web.yml:3:1: a second YAML document begins here, expected one in a file; remove the `---`, "
     "or put what follows into a file of its own"},
    {"Tab", "tls_server_config:\n\tcert_file: c\n",
     "web.yml:2:11: illegal map value; indent with spaces, not with tabs"},
    {"UnknownKey", "tls_config: {}\n",
     "web.yml:1:1: found the unknown key `tls_config`, expected one of " TOP_KEYS},
    {"UnknownKeyNearOne", "basic_auth_user: {}\n",
     "web.yml:1:1: found the unknown key `basic_auth_user`, expected one of " TOP_KEYS
     "; did you mean `basic_auth_users`?"},
    {"KeyOfTheMainFile", "targets: []\n",
     "web.yml:1:1: found the unknown key `targets`, expected one of " TOP_KEYS},
    {"KeyAtTheWrongPlace", "cert_file: c\n",
     "web.yml:1:1: found the unknown key `cert_file`, expected one of " TOP_KEYS
     "; its place is `tls_server_config.cert_file`"},
    {"HeadersAtTheTop", "headers: {}\n",
     "web.yml:1:1: found the unknown key `headers`, expected one of " TOP_KEYS
     "; its place is `http_server_config.headers`"},
    {"UnknownTlsKey", TLS "  session_tickets: false\n",
     "web.yml:4:3: found the unknown key `session_tickets`, expected one of " TLS_KEYS},
    {"OtherCertKey", TLS "  cert: |\n    x\n",
     "web.yml:4:3: found the unknown key `cert`, expected one of " TLS_KEYS},
    {"OldNameOfClientAuth", TLS "  client_auth: NoClientCert\n",
     "web.yml:4:3: found the unknown key `client_auth`, expected one of " TLS_KEYS},
    {"RateLimit", "rate_limit: {burst: 1}\n",
     "web.yml:1:1: found the unknown key `rate_limit`, expected one of " TOP_KEYS},
    {"DuplicateKey", "http_server_config: {http2: false}\nhttp_server_config: {http2: false}\n",
     "web.yml:2:1: found the key `http_server_config` a second time, the first is at web.yml:1:1; "
     "join the two"},
    {"DuplicateTlsKey", TLS "  cert_file: d\n",
     "web.yml:4:3: found the key `cert_file` a second time, the first is at web.yml:2:3; join the "
     "two"},
    {"EmptyTls", "tls_server_config: {}\n",
     "web.yml:1:20: found an empty mapping, expected some of the keys " TLS_KEYS
     "; leave `tls_server_config` away where none is needed"},
    {"NullTls", "tls_server_config:\n",
     "web.yml:1:1: found nothing, expected a mapping with the keys " TLS_KEYS
     "; leave `tls_server_config` away where none is needed"},
    {"TlsAsList", "tls_server_config: [c, k]\n",
     "web.yml:1:20: found a list, expected a mapping with the keys " TLS_KEYS
     "; leave `tls_server_config` away where none is needed"},
    {"NoKeyFile", "tls_server_config:\n  cert_file: c\n",
     "web.yml:2:3: found no `key_file` in this entry, expected the path of a file"},
    {"NoCertFile", "tls_server_config:\n  key_file: k\n",
     "web.yml:2:3: found no `cert_file` in this entry, expected the path of a file"},
    {"NullCertFile", "tls_server_config:\n  cert_file:\n  key_file: k\n",
     "web.yml:2:3: cert_file: found nothing, expected the path of a file"},
    {"EmptyCertFile", "tls_server_config:\n  cert_file: \"\"\n  key_file: k\n",
     "web.yml:2:14: cert_file: found an empty path, expected the path of a file"},
    {"CertFileAsList", "tls_server_config:\n  cert_file: [c]\n  key_file: k\n",
     "web.yml:2:14: cert_file: found a list, expected the path of a file"},
    {"ControlCharacterInKeyFile", "tls_server_config:\n  cert_file: c\n  key_file: \"k\\x1b[2J\"\n",
     "web.yml:3:13: key_file: found a control character in the path `k\\x1b[2J`, expected none"},
    {"UnknownClientAuth", TLS "  client_auth_type: RequireClientCert\n",
     "web.yml:4:21: client_auth_type: found `RequireClientCert`, expected one of NoClientCert, "
     "RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, "
     "RequireAndVerifyClientCert"},
    {"ClientAuthAsBool", TLS "  client_auth_type: true\n",
     "web.yml:4:21: client_auth_type: found `true`, expected one of NoClientCert, "
     "RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, "
     "RequireAndVerifyClientCert"},
    {"VerifyWithoutCa", TLS "  client_auth_type: RequireAndVerifyClientCert\n",
     "web.yml:1:1: found a client_auth_type that verifies, but no `client_ca_file`, expected the "
     "authorities to verify with"},
    {"VerifyIfGivenWithoutCa", TLS "  client_auth_type: VerifyClientCertIfGiven\n",
     "web.yml:1:1: found a client_auth_type that verifies, but no `client_ca_file`, expected the "
     "authorities to verify with"},
    {"CaWithoutVerify", TLS "  client_ca_file: ca\n",
     "web.yml:1:1: found a `client_ca_file` beside a client_auth_type that verifies nothing, "
     "expected VerifyClientCertIfGiven or RequireAndVerifyClientCert; set one of them, or leave "
     "the file away"},
    {"CaWithRequireAny", TLS "  client_auth_type: RequireAnyClientCert\n  client_ca_file: ca\n",
     "web.yml:1:1: found a `client_ca_file` beside a client_auth_type that verifies nothing, "
     "expected VerifyClientCertIfGiven or RequireAndVerifyClientCert; set one of them, or leave "
     "the file away"},
    {"SansWithoutVerify",
     TLS "  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: [a]\n",
     "web.yml:1:1: found `client_allowed_sans` beside a client_auth_type that verifies nothing, "
     "expected VerifyClientCertIfGiven or RequireAndVerifyClientCert"},
    {"EmptySans",
     TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca\n  "
         "client_allowed_sans: []\n",
     "web.yml:6:24: client_allowed_sans: found an empty list, expected a list in brackets; leave "
     "the key away where none is needed"},
    {"EmptySan",
     TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca\n  "
         "client_allowed_sans: [\"\"]\n",
     "web.yml:6:25: client_allowed_sans: found ``, expected a subject alternative name in "
     "printable ASCII"},
    {"SanTwice",
     TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca\n  "
         "client_allowed_sans: [a, b, a]\n",
     "web.yml:6:31: client_allowed_sans: found `a` a second time, the first is at web.yml:6:25; "
     "remove one"},
    {"SansAsWord",
     TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca\n  "
         "client_allowed_sans: a\n",
     "web.yml:6:24: client_allowed_sans: found `a`, expected a list in brackets"},
    {"Tls10", TLS "  min_version: TLS10\n",
     "web.yml:4:16: min_version: found `TLS10`, which is broken and not spoken, expected one of "
     "TLS12, TLS13"},
    {"Tls11", TLS "  max_version: TLS11\n",
     "web.yml:4:16: max_version: found `TLS11`, which is broken and not spoken, expected one of "
     "TLS12, TLS13"},
    {"UnknownVersion", TLS "  min_version: \"1.2\"\n",
     "web.yml:4:16: min_version: found `1.2`, expected one of TLS12, TLS13"},
    {"VersionAsNumber", TLS "  min_version: 1.3\n",
     "web.yml:4:16: min_version: found `1.3`, expected one of TLS12, TLS13"},
    {"MinAboveMax", TLS "  min_version: TLS13\n  max_version: TLS12\n",
     "web.yml:1:1: found a min_version above max_version, expected one below or equal"},
    {"UnknownSuite", TLS "  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]\n",
     "web.yml:4:19: cipher_suites: found `TLS_RSA_WITH_AES_128_CBC_SHA`, expected one of "
     "TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256, "
     "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "
     "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "
     "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {"SuiteTwice", TLS "  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]\n",
     "web.yml:4:43: cipher_suites: found `TLS_AES_128_GCM_SHA256` a second time, the first is at "
     "web.yml:4:19; remove one"},
    {"EmptySuites", TLS "  cipher_suites: []\n",
     "web.yml:4:18: cipher_suites: found an empty list, expected a list in brackets; leave the key "
     "away where none is needed"},
    {"SuitesAsWord", TLS "  cipher_suites: TLS_AES_128_GCM_SHA256\n",
     "web.yml:4:18: cipher_suites: found `TLS_AES_128_GCM_SHA256`, expected a list in brackets"},
    {"SuitesThatBringAnother",
     TLS "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "
         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n",
     "web.yml:4:18: cipher_suites: found a list that brings "
     "`TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384` with it, for its exchange and its cipher are both "
     "there, expected it in the list; add it, or leave others out"},
    {"SuitesThatBringTwo",
     TLS "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "
         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n",
     "web.yml:4:18: cipher_suites: found a list that brings "
     "`TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256` with it, for its exchange and its cipher are both "
     "there, expected it in the list; add it, or leave others out\nweb.yml:4:18: cipher_suites: "
     "found a list that brings `TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384` with it, for its exchange "
     "and its cipher are both there, expected it in the list; add it, or leave others out"},
    {"SuiteOf13ThatBringsOneOf12",
     TLS "  cipher_suites: [TLS_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n",
     "web.yml:4:18: cipher_suites: found a list that brings "
     "`TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256` with it, for its exchange and its cipher are "
     "both there, expected it in the list; add it, or leave others out"},
    {"UnknownCurve", TLS "  curve_preferences: [secp256k1]\n",
     "web.yml:4:23: curve_preferences: found `secp256k1`, expected one of X25519, CurveP256, "
     "CurveP384, CurveP521"},
    {"CurveTwice", TLS "  curve_preferences: [X25519, X25519]\n",
     "web.yml:4:31: curve_preferences: found `X25519` a second time, the first is at web.yml:4:23; "
     "remove one"},
    {"CurveAsWord", TLS "  curve_preferences: X25519\n",
     "web.yml:4:22: curve_preferences: found `X25519`, expected a list in brackets"},
    {"PreferAsWord", TLS "  prefer_server_cipher_suites: yes\n",
     "web.yml:4:32: prefer_server_cipher_suites: found `yes`, expected true or false"},
    {"Http2", "http_server_config: {http2: true}\n",
     "web.yml:1:29: http2: found `true`, expected `false`: HTTP/2 is not spoken, and clients do "
     "without; write false, or leave it away"},
    {"Http2AsWord", "http_server_config: {http2: maybe}\n",
     "web.yml:1:29: http2: found `maybe`, expected true or false"},
    {"EmptyHttp", "http_server_config: {}\n",
     "web.yml:1:21: found an empty mapping, expected some of the keys http2, headers; leave "
     "`http_server_config` away where none is needed"},
    {"EmptyHeaders", "http_server_config: {headers: {}}\n",
     "web.yml:1:31: found an empty mapping, expected some of the keys " HEADER_KEYS
     "; leave `http_server_config.headers` away where none is needed"},
    {"UnknownHeader", HEADERS "    Server: x\n",
     "web.yml:3:5: found the unknown key `Server`, expected one of " HEADER_KEYS},
    {"HeaderInLowerCase", HEADERS "    x-frame-options: deny\n",
     "web.yml:3:5: found the unknown key `x-frame-options`, expected one of " HEADER_KEYS},
    {"EmptyHeader", HEADERS "    X-XSS-Protection: \"\"\n",
     "web.yml:3:23: X-XSS-Protection: found ``, expected a line of printable ASCII"},
    {"HeaderOfTwoLines",
     HEADERS "    Strict-Transport-Security: \"max-age=1\\r\\nSet-Cookie: a=b\"\n",
     "web.yml:3:32: Strict-Transport-Security: found `max-age=1\\x0d\\x0aSet-Cookie: a=b`, "
     "expected a line of printable ASCII"},
    {"HeaderNotAscii", HEADERS "    Content-Security-Policy: \"\xc3\xa9\"\n",
     "web.yml:3:30: Content-Security-Policy: found `\xc3\xa9`, expected a line of printable ASCII"},
    {"HeaderAsList", HEADERS "    X-XSS-Protection: [0]\n",
     "web.yml:3:23: X-XSS-Protection: found a list, expected a text"},
    {"ContentTypeOptions", HEADERS "    X-Content-Type-Options: sniff\n",
     "web.yml:3:29: X-Content-Type-Options: found `sniff`, expected one of nosniff; did you mean "
     "`nosniff`?"},
    {"FrameOptions", HEADERS "    X-Frame-Options: ALLOWALL\n",
     "web.yml:3:22: X-Frame-Options: found `ALLOWALL`, expected one of deny, sameorigin"},
    {"FrameOptionsInCapitals", HEADERS "    X-Frame-Options: DENY\n",
     "web.yml:3:22: X-Frame-Options: found `DENY`, expected one of deny, sameorigin"},
    {"EmptyUsers", "basic_auth_users: {}\n",
     "web.yml:1:19: found an empty mapping, expected some of names of users, each with a bcrypt; "
     "leave `basic_auth_users` away where everybody may ask"},
    {"NullUsers", "basic_auth_users:\n",
     "web.yml:1:1: found nothing, expected a mapping with names of users, each with a bcrypt; "
     "leave `basic_auth_users` away where everybody may ask"},
    {"UsersAsList", "basic_auth_users: [a]\n",
     "web.yml:1:19: found a list, expected a mapping with names of users, each with a bcrypt; "
     "leave `basic_auth_users` away where everybody may ask"},
    {"UserTwice", USERS "  a: " HASH "\n  a: " HASH "\n",
     "web.yml:3:3: found the key `a` a second time, the first is at web.yml:2:3; join the two"},
    {"UserWithColon", USERS "  \"a:b\": " HASH "\n",
     "web.yml:2:3: found the user `a:b`, expected printable ASCII without a colon, as in HTTP's "
     "basic authentication"},
    {"EmptyUser", USERS "  \"\": " HASH "\n",
     "web.yml:2:3: found the user ``, expected printable ASCII without a colon, as in HTTP's basic "
     "authentication"},
    {"UserNotAscii", USERS "  \"\xc3\xa9\": " HASH "\n",
     "web.yml:2:3: found the user `\xc3\xa9`, expected printable ASCII without a colon, as in "
     "HTTP's basic authentication"},
    {"UserWithNewline", USERS "  \"a\\nb\": " HASH "\n",
     "web.yml:2:3: found the user `a\\x0ab`, expected printable ASCII without a colon, as in "
     "HTTP's basic authentication"},
    {"UserAsList", USERS "  [a]: " HASH "\n",
     "web.yml:2:3: found a list as a key, expected one of names of users, each with a bcrypt"},
    {"PlainPassword", USERS "  a: secret\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"NullHash", USERS "  a:\n",
     "web.yml:2:3: the password of `a`: found nothing, expected " BCRYPT},
    {"HashAsMapping", USERS "  a: {b: c}\n",
     "web.yml:2:6: the password of `a`: found a mapping, expected " BCRYPT},
    {"Md5Hash", USERS "  a: $apr1$abcdefgh$abcdefghijklmnopqrstuv\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"Sha512Hash",
     USERS
     "  a: "
     "$6$abcdefgh$"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"OldBcrypt", USERS "  a: $2x$05$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"ShortHash", USERS "  a: $2y$05$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcd\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"LongHash", USERS "  a: " HASH "e\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"HashWithABadCharacter",
     USERS "  a: \"$2y$05$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcd!\"\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"HashWithoutACost",
     USERS "  a: \"$2y$xx$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde\"\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"Cost3", USERS "  a: $2y$03$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde\n",
     "web.yml:2:6: the password of `a`: found a bcrypt of cost 3, expected one from 4 to 14: each "
     "step doubles the time that a password takes to be checked"},
    {"Cost15", USERS "  a: $2y$15$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde\n",
     "web.yml:2:6: the password of `a`: found a bcrypt of cost 15, expected one from 4 to 14: each "
     "step doubles the time that a password takes to be checked"},
    {"Cost99", USERS "  a: $2y$99$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde\n",
     "web.yml:2:6: the password of `a`: found a bcrypt of cost 99, expected one from 4 to 14: each "
     "step doubles the time that a password takes to be checked"},
    {"CostWithASign",
     USERS "  a: \"$2y$-5$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde\"\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"CostOfOneDigit",
     USERS "  a: \"$2y$5a$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcde\"\n",
     "web.yml:2:6: the password of `a`: found another text, expected " BCRYPT},
    {"ClientAuthAsList", TLS "  client_auth_type: [NoClientCert]\n",
     "web.yml:4:21: client_auth_type: found a list, expected a word"},
    {"UnknownClientAuthBesideCa", TLS "  client_auth_type: Verify\n  client_ca_file: ca\n",
     "web.yml:4:21: client_auth_type: found `Verify`, expected one of NoClientCert, "
     "RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, "
     "RequireAndVerifyClientCert"},
    {"SanWithNewline",
     TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca\n  "
         "client_allowed_sans: [\"a\\nb\"]\n",
     "web.yml:6:25: client_allowed_sans: found `a\\x0ab`, expected a subject alternative name in "
     "printable ASCII"},
    {"Only13SuitesFor12", TLS "  max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256]\n",
     "web.yml:5:18: cipher_suites: found suites of TLS 1.3 only, while max_version is TLS12, "
     "expected one of TLS 1.2; add one, or leave max_version away"},
};

class BadWebConfigs : public testing::TestWithParam<BadWebConfig> {};

TEST_P(BadWebConfigs, AreRefusedAtTheirPlace) {
    EXPECT_EQ(faults_of(GetParam().text), GetParam().faults);
}

INSTANTIATE_TEST_SUITE_P(WebConfig, BadWebConfigs, testing::ValuesIn(kBadWebConfigs),
                         [](const auto& bad) { return std::string(bad.param.name); });

TEST(WebConfigFaults, AreAllReportedInTheOrderOfTheFile) {
    EXPECT_EQ(faults_of("basic_auth_users: {a: b}\nhttp_server_config: {http2: true}\n"
                        "tls_server_config: {key_file: k}\nx: y\n"),
              "web.yml:1:23: the password of `a`: found another text, expected " BCRYPT
              "\n"
              "web.yml:2:29: http2: found `true`, expected `false`: HTTP/2 is not spoken, and "
              "clients do without; write false, or leave it away\n"
              "web.yml:3:20: found no `cert_file` in this entry, expected the path of a file\n"
              "web.yml:4:1: found the unknown key `x`, expected one of " TOP_KEYS);
}

}  // namespace
}  // namespace vfswatchd
