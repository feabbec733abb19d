// SPDX-License-Identifier: Apache-2.0
// TLS from a client's handshake to the page, over a real server.
#include "http/tls.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "certificates.h"
#include "client.h"
#include "folder.h"
#include "http/server.h"
#include "inflate.h"
#include "sources.h"
#include "tls_client.h"
#include "web_access_setup.h"

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kServerKeys[] =
    "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";
constexpr char kOnly12[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
constexpr char kOnly13[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

/// Keys take their time to be made: all tests have the same ones.
struct Certificates {
    Authority authority{"authority"};
    Authority other{"another authority"};
    Identity server = authority.issue({.name = "server", .dns_names = {"localhost"}});
    Identity rsa_server =
        authority.issue({.name = "rsa", .dns_names = {"localhost"}, .key = KeyKind::kRsa});
    Identity client = authority.issue({.name = "client",
                                       .dns_names = {"prometheus.example"},
                                       .ip_addresses = {"192.0.2.7", "2001:db8::7"},
                                       .emails = {"ops@example.org"},
                                       .is_client = true});
    Identity nameless = authority.issue({.name = "nameless", .is_client = true});
    Identity expired = authority.issue({.name = "expired", .is_client = true, .has_expired = true});
    Identity stranger = other.issue({.name = "stranger", .is_client = true});
};

const Certificates& certificates() {
    static const Certificates kCertificates;
    return kCertificates;
}

class Tls : public testing::Test {
  protected:
    Tls() {
        write_server(certificates().server);
        folder_.write("ca.crt", certificates().authority.certificate());
    }

    void write_server(const Identity& identity) const {
        folder_.write("server.crt", identity.certificate);
        folder_.write("server.key", identity.key);
    }
    [[nodiscard]] Access access(const std::string& more = "") const {
        return access_of(folder_, kServerKeys + more);
    }
    [[nodiscard]] HttpServer server(const std::string& more = "",
                                    const std::string& page = "up 1\n") const {
        return started(serving(page), access(more));
    }
    /// Why the settings cannot be used.
    [[nodiscard]] std::string refusal(const std::string& more = "") const {
        const auto context = TlsContext::load(*web_config(folder_, kServerKeys + more).tls);
        return context ? "" : context.error().message();
    }

    Folder folder_;
};

/// Of a client that knows the authority.
TlsClientOptions options(const std::string& priorities = "NORMAL") {
    return {.authority = certificates().authority.certificate(), .priorities = priorities};
}

int status(const HttpServer& server, const TlsClientOptions& client) {
    return ask(server.addresses()[0], client, "GET", "/metrics").status;
}

/// In both versions, where the answer must be the same.
void expect_status(const HttpServer& server, const std::optional<Identity>& identity,
                   int expected) {
    for (const char* version : {kOnly12, kOnly13}) {
        TlsClientOptions client = options(version);
        client.identity = identity;
        EXPECT_EQ(status(server, client), expected) << version;
    }
}

TEST_F(Tls, ServesEcdsaAndRsaCertificates) {
    for (const Identity& identity : {certificates().server, certificates().rsa_server}) {
        write_server(identity);
        const HttpServer serving = server();
        EXPECT_THAT(serving.urls().at(0), StartsWith("https://127.0.0.1:"));
        const Answer page = ask(serving.addresses()[0], options(), "GET", "/metrics");
        EXPECT_EQ(page.status, 200);
        EXPECT_TRUE(page.whole);
        EXPECT_EQ(page.body, "up 1\n");
        expect_status(serving, {}, 200);
    }
}

TEST_F(Tls, SpeaksVersions12And13Only) {
    const HttpServer serving = server();
    const HttpAddress address = serving.addresses()[0];
    EXPECT_EQ(TlsClient(address, options(kOnly12)).version(), GNUTLS_TLS1_2);
    EXPECT_EQ(TlsClient(address, options(kOnly13)).version(), GNUTLS_TLS1_3);
    EXPECT_EQ(TlsClient(address, options()).version(), GNUTLS_TLS1_3);
    for (const char* old : {"1.0", "1.1"}) {
        const TlsClient client(address,
                               options(std::string("NORMAL:+SHA1:-VERS-ALL:+VERS-TLS") + old));
        EXPECT_FALSE(client.shook_hands()) << old;
    }
    EXPECT_EQ(status(serving, options()), 200);
}

TEST_F(Tls, SpeaksTheVersionsThatAreAskedFor) {
    const HttpServer newest = server("  min_version: TLS13\n");
    EXPECT_FALSE(TlsClient(newest.addresses()[0], options(kOnly12)).shook_hands());
    EXPECT_EQ(status(newest, options(kOnly13)), 200);
    const HttpServer oldest = server("  max_version: TLS12\n");
    EXPECT_FALSE(TlsClient(oldest.addresses()[0], options(kOnly13)).shook_hands());
    EXPECT_EQ(TlsClient(oldest.addresses()[0], options()).version(), GNUTLS_TLS1_2);
}

TEST_F(Tls, SpeaksTheSuitesThatAreAskedFor) {
    const HttpServer modern = server("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n");
    EXPECT_THAT(TlsClient(modern.addresses()[0], options()).suite(), HasSubstr("AES-128-GCM"));
    EXPECT_EQ(status(modern, options(kOnly13)), 200);
    EXPECT_FALSE(TlsClient(modern.addresses()[0], options(kOnly12)).shook_hands());
    EXPECT_FALSE(TlsClient(modern.addresses()[0],
                           options("NORMAL:-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305"))
                     .shook_hands());
    const HttpServer one =
        server("  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n");
    EXPECT_THAT(TlsClient(one.addresses()[0], options(kOnly12)).suite(),
                HasSubstr("CHACHA20-POLY1305"));
    write_server(certificates().rsa_server);
    const HttpServer rsa =
        server("  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n");
    EXPECT_FALSE(TlsClient(rsa.addresses()[0], options(kOnly12)).shook_hands());
}

TEST_F(Tls, TakesItsOwnOrTheClientsOrderOfSuites) {
    const std::string both = "  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384]\n";
    const std::string wish = std::string(kOnly13) + ":-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM";
    const HttpServer own = server(both);
    EXPECT_THAT(TlsClient(own.addresses()[0], options(wish)).suite(), HasSubstr("AES-128-GCM"));
    const HttpServer clients = server(both + "  prefer_server_cipher_suites: false\n");
    EXPECT_THAT(TlsClient(clients.addresses()[0], options(wish)).suite(), HasSubstr("AES-256-GCM"));
}

TEST_F(Tls, ExchangesKeysOnTheCurvesThatAreAskedFor) {
    const HttpServer serving = server("  curve_preferences: [CurveP384]\n");
    for (const char* version : {kOnly12, kOnly13})
        EXPECT_THAT(TlsClient(serving.addresses()[0], options(version)).suite(),
                    HasSubstr("ECDHE-SECP384R1"));
    EXPECT_FALSE(TlsClient(serving.addresses()[0],
                           options("NORMAL:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1"))
                     .shook_hands());
}

struct Wish {
    const char* type;
    bool with_ca;
    int none;
    int right;
    int stranger;
    int expired;
};

TEST_F(Tls, ServesTheClientsThatTheTypeNames) {
    const Wish wishes[] = {{"NoClientCert", false, 200, 200, 200, 200},
                           {"RequestClientCert", false, 200, 200, 200, 200},
                           {"RequireAnyClientCert", false, 0, 200, 200, 200},
                           {"VerifyClientCertIfGiven", true, 200, 200, 0, 0},
                           {"RequireAndVerifyClientCert", true, 0, 200, 0, 0}};
    for (const Wish& wish : wishes) {
        SCOPED_TRACE(wish.type);
        const HttpServer serving = server(std::string("  client_auth_type: ") + wish.type + "\n" +
                                          (wish.with_ca ? "  client_ca_file: ca.crt\n" : ""));
        expect_status(serving, {}, wish.none);
        expect_status(serving, certificates().client, wish.right);
        expect_status(serving, certificates().stranger, wish.stranger);
        expect_status(serving, certificates().expired, wish.expired);
        // A certificate that is for servers names no client.
        expect_status(serving, certificates().server, wish.with_ca ? 0 : 200);
    }
}

TEST_F(Tls, ServesClientsOfOneOfTheNames) {
    const auto serving = [&](const std::string& names) {
        return server(
            "  client_auth_type: RequireAndVerifyClientCert\n"
            "  client_ca_file: ca.crt\n"
            "  client_allowed_sans: [" +
            names + "]\n");
    };
    for (const char* name :
         {"prometheus.example", "192.0.2.7", "'2001:db8::7'", "ops@example.org", "a, b, 192.0.2.7"})
        expect_status(serving(name), certificates().client, 200);
    for (const char* name : {"client", "example", "PROMETHEUS.example.", "192.0.2.70", "a, b"})
        expect_status(serving(name), certificates().client, 0);
    expect_status(serving("nameless"), certificates().nameless, 0);
    // The name alone is no certificate of the authority.
    const Identity forged = certificates().other.issue(
        {.name = "forged", .dns_names = {"prometheus.example"}, .is_client = true});
    expect_status(serving("prometheus.example"), forged, 0);
}

TEST_F(Tls, DoesNotAnswerPlainHttp) {
    const HttpServer serving = server();
    const HttpAddress address = serving.addresses()[0];
    EXPECT_EQ(ask(address, "GET", "/metrics").status, 0);
    for (const std::string& rubbish :
         {std::string("\x16\x03\x01\x02"), std::string(70'000, 'x'), std::string("\0\0\0", 3)}) {
        RawClient client(address);
        client.send(rubbish);
        EXPECT_EQ(status(serving, options()), 200);
    }
}

TEST_F(Tls, HalfOpenClientsDelayNobody) {
    const HttpServer serving = server();
    std::vector<std::unique_ptr<RawClient>> silent;
    for (int i = 0; i < 10; ++i) {
        silent.push_back(std::make_unique<RawClient>(serving.addresses()[0]));
        if (i % 2 == 0) silent.back()->send("\x16\x03\x01\x02");
    }
    EXPECT_EQ(status(serving, options()), 200);
}

/// Of this process; a thread that turned would take nearly all of the time.
double processor_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

TEST_F(Tls, WaitsForAHandshakeWithoutTurning) {
    const HttpServer serving = server();
    RawClient silent(serving.addresses()[0]);
    silent.send("\x16");
    // What the connection itself takes is over by then.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const double before = processor_seconds();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    EXPECT_LT(processor_seconds() - before, 0.1);
}

TEST_F(Tls, CarriesALargePageIntact) {
    const std::string text = numbered_lines(1 << 20);
    const HttpServer serving = server("", text);
    for (const char* version : {kOnly12, kOnly13}) {
        const Answer plain = ask(serving.addresses()[0], options(version), "GET", "/metrics");
        EXPECT_TRUE(plain.whole);
        EXPECT_TRUE(plain.body == text) << plain.body.size();
        const Answer packed = ask(serving.addresses()[0], options(version), "GET", "/metrics",
                                  "Accept-Encoding: gzip\r\n");
        EXPECT_TRUE(packed.whole);
        EXPECT_TRUE(gunzip(packed.body) == text) << packed.body.size();
    }
}

TEST_F(Tls, KeepsTheConnectionBetweenScrapes) {
    const HttpServer serving = server("", numbered_lines(200'000));
    TlsClient client(serving.addresses()[0], options());
    for (int scrape = 0; scrape < 3; ++scrape) {
        ASSERT_TRUE(client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"));
        const Answer answer = client.receive_answer();
        EXPECT_TRUE(answer.whole);
        EXPECT_EQ(answer.headers.at("transfer-encoding"), "chunked");
        EXPECT_EQ(answer.body, numbered_lines(200'000));
    }
    ASSERT_TRUE(client.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"));
    const Answer health = client.receive_answer();
    EXPECT_EQ(health.headers.at("content-length"), "8");
    EXPECT_EQ(health.body, "healthy\n");
}

TEST_F(Tls, SpeaksToClientsOfHttp10) {
    const HttpServer serving = server("", numbered_lines(200'000));
    TlsClient client(serving.addresses()[0], options());
    ASSERT_TRUE(client.send("GET /metrics HTTP/1.0\r\n\r\n"));
    const std::string all = client.receive_all();
    EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), numbered_lines(200'000));
    EXPECT_THAT(all.substr(0, all.find("\r\n\r\n")), testing::Not(HasSubstr("chunked")));
}

TEST_F(Tls, SendsNoBodyToHead) {
    const HttpServer serving = server("", numbered_lines(100'000));
    for (const char* path : {"/", "/metrics", "/healthz"}) {
        const Answer answer = ask(serving.addresses()[0], options(), "HEAD", path);
        EXPECT_EQ(answer.status, 200) << path;
        EXPECT_TRUE(answer.whole) << path;
    }
}

TEST_F(Tls, ShowsNewClientsTheNewCertificate) {
    HttpServer serving = server();
    const HttpAddress address = serving.addresses()[0];
    TlsClient before(address, options());
    const std::string first = before.peer();
    ASSERT_TRUE(before.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"));
    EXPECT_EQ(before.receive_answer().status, 200);

    write_server(certificates().rsa_server);
    serving.set_access(access());
    const TlsClient after(address, options());
    EXPECT_TRUE(after.shook_hands());
    EXPECT_NE(after.peer(), first);
    // Who was there goes on.
    ASSERT_TRUE(before.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"));
    EXPECT_EQ(before.receive_answer().status, 200);
}

TEST_F(Tls, EndsAPageUnderWayWithTheOldCertificate) {
    const std::string text = numbered_lines(8 << 20);
    HttpServer serving = server("", text);
    const HttpAddress address = serving.addresses()[0];
    TlsClientOptions slow = options();
    slow.receive_buffer_bytes = 16'384;
    TlsClient reading(address, slow);
    ASSERT_TRUE(reading.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"));
    const Answer answer = [&] {
        // The server is stuck in the middle of the page by now.
        EXPECT_EQ(status(serving, options()), 200);
        write_server(certificates().rsa_server);
        serving.set_access(access());
        EXPECT_EQ(status(serving, options()), 200);
        return reading.receive_answer();
    }();
    EXPECT_TRUE(answer.whole);
    EXPECT_TRUE(answer.body == text) << answer.body.size();
}

TEST_F(Tls, VerifiesNewClientsWithTheNewAuthorities) {
    const std::string verifies =
        "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n";
    HttpServer serving = server(verifies);
    expect_status(serving, certificates().client, 200);
    folder_.write("ca.crt", certificates().other.certificate());
    serving.set_access(access(verifies));
    expect_status(serving, certificates().client, 0);
    expect_status(serving, certificates().stranger, 200);
    folder_.write("ca.crt",
                  certificates().other.certificate() + certificates().authority.certificate());
    serving.set_access(access(verifies));
    expect_status(serving, certificates().client, 200);
    expect_status(serving, certificates().stranger, 200);
    serving.set_access(access());
    expect_status(serving, {}, 200);
}

/// Clients come all the while, each of which is served with the certificate of one moment; the
/// ones before are gone by then.
TEST_F(Tls, ChangesCertificatesUnderLoad) {
    HttpServer serving = server();
    std::vector<std::thread> clients;
    for (int client = 0; client < 2; ++client) {
        clients.emplace_back([&serving] {
            for (int i = 0; i < 20; ++i)
                EXPECT_EQ(status(serving, options()), 200);
        });
    }
    for (int i = 0; i < 100; ++i) {
        write_server(i % 2 == 0 ? certificates().rsa_server : certificates().server);
        serving.set_access(access());
        std::this_thread::sleep_for(1ms);
    }
    for (std::thread& client : clients)
        client.join();
}

TEST_F(Tls, ServesUnixSocketsWithoutTlsAndPassword) {
    const std::string path = folder_.path("socket");
    const HttpServer serving =
        started(::vfswatchd::serving("up 1\n"),
                access("basic_auth_users:\n  prometheus: " + bcrypt_of("secret") + "\n"), {},
                {{"127.0.0.1", 0}, {path, 0, true}});
    EXPECT_EQ(serving.urls().at(1), "unix:" + path);
    EXPECT_EQ(ask(serving.addresses()[1], "GET", "/metrics").body, "up 1\n");
    EXPECT_EQ(status(serving, options()), 401);
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
    while (::readdir(directory.get()) != nullptr)
        ++count;
    return count;
}

/// Waits for what the server does behind the client's back.
bool comes_true(const std::function<bool()>& condition) {
    for (const auto end = std::chrono::steady_clock::now() + 10s;
         std::chrono::steady_clock::now() < end;) {
        if (condition()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return condition();
}

/// What a client says first, and so the bytes of a handshake to break off in.
std::string client_hello(const HttpAddress& address) {
    auto listener = open_listener(address);
    if (!listener) throw std::runtime_error(listener.error().message());
    // Accepted by hand, so that the hello can be kept.
    std::string hello;
    std::thread server([&] {
        int peer = -1;
        while (peer < 0)
            peer = ::accept(listener->socket.get(), nullptr, nullptr);
        std::array<char, 4096> bytes{};
        const ssize_t got = ::recv(peer, bytes.data(), bytes.size(), 0);
        if (got > 0) hello.assign(bytes.data(), static_cast<std::size_t>(got));
        ::close(peer);
    });
    const TlsClient client(listener->address, options());
    server.join();
    return hello;
}

TEST_F(Tls, EndsAHandshakeWithTheCertificateOfItsBeginning) {
    const std::string hello = client_hello({"127.0.0.1", 0});
    HttpServer serving = server();
    RawClient early(serving.addresses()[0]);
    // Behind it, so that it is taken by then.
    EXPECT_EQ(status(serving, options()), 200);
    write_server(certificates().rsa_server);
    serving.set_access(access());
    ASSERT_TRUE(early.send(hello));
    const std::string answer = early.receive(6);
    ASSERT_EQ(answer.size(), 6U);
    EXPECT_EQ(answer[0], '\x16') << "a record of a handshake";
    EXPECT_EQ(answer[5], '\x02') << "a server's hello";
    EXPECT_EQ(status(serving, options()), 200);
}

TEST_F(Tls, KeepsNothingOfClientsThatLeaveInMidHandshake) {
    const HttpServer serving = server();
    const HttpAddress address = serving.addresses()[0];
    const std::string hello = client_hello({"127.0.0.1", 0});
    ASSERT_GT(hello.size(), 100U);
    EXPECT_EQ(status(serving, options()), 200);
    ASSERT_TRUE(comes_true([] { return open_descriptors() < 100; }));
    const std::size_t before = open_descriptors();
    for (std::size_t i = 0; i < 300; ++i) {
        RawClient client(address);
        client.send(hello.substr(0, i % 2 == 0 ? hello.size() : i % hello.size()));
        if (i % 4 == 0) client.receive(5);  // the server's answer has begun
    }
    EXPECT_EQ(status(serving, options()), 200);
    EXPECT_TRUE(comes_true([&] { return open_descriptors() <= before; }))
        << open_descriptors() << " of " << before;
}

TEST_F(Tls, IsRefusedWithoutAPrivateKeyFile) {
    for (const ::mode_t mode : {0644U, 0604U, 0601U, 0660U, 0620U}) {
        folder_.write("server.key", certificates().server.key, mode);
        EXPECT_EQ(refusal(), folder_.path("server.key") +
                                 ": others than its owner and group may read it, or its group "
                                 "write; make it private: chmod u=rw,g=r,o= (or 0600)");
    }
    for (const ::mode_t mode : {0600U, 0400U, 0640U, 0440U}) {
        folder_.write("server.key", certificates().server.key, mode);
        EXPECT_EQ(refusal(), "");
    }
}

TEST_F(Tls, IsRefusedWithTheKeyOfAnotherCertificate) {
    for (const Identity& other : {certificates().client, certificates().rsa_server}) {
        folder_.write("server.key", other.key);
        EXPECT_EQ(refusal(),
                  folder_.path("server.key") + ": the key is not that of the certificate in " +
                      folder_.path("server.crt") + "; name the two that belong together");
    }
}

TEST_F(Tls, IsRefusedWithoutItsFiles) {
    const std::string absent =
        "cannot open: No such file or directory; let the user that runs vfswatchd read it (as a "
        "service that is the user vfswatchd), and enter its directories";
    ::unlink(folder_.path("server.crt").c_str());
    EXPECT_EQ(refusal(), folder_.path("server.crt") + ": " + absent);
    write_server(certificates().server);
    ::unlink(folder_.path("server.key").c_str());
    EXPECT_EQ(refusal(), folder_.path("server.key") + ": " + absent);
}

TEST_F(Tls, IsRefusedWithFilesThatHoldSomethingElse) {
    const std::string both = folder_.path("server.crt") + " with " + folder_.path("server.key");
    const std::string remedy = "; both must be PEM, and the key without a password";
    folder_.write("server.crt", "");
    EXPECT_THAT(refusal(), AllOf(StartsWith(both + ": "), HasSubstr(remedy)));
    folder_.write("server.crt", certificates().server.key);
    EXPECT_THAT(refusal(), AllOf(StartsWith(both + ": "), HasSubstr(remedy)));
    write_server(certificates().server);
    folder_.write("server.key", "rubbish");
    EXPECT_THAT(refusal(), AllOf(StartsWith(both + ": "), HasSubstr(remedy)));
    folder_.write("server.key", std::string((1 << 20) + 1, 'x'));
    EXPECT_EQ(refusal(),
              folder_.path("server.key") + ": found more than 1048576 bytes, expected PEM");
}

TEST_F(Tls, IsRefusedWithoutAuthorities) {
    const std::string verifies =
        "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.crt\n";
    EXPECT_EQ(refusal(verifies), "");
    for (const char* text : {"", "rubbish\n", "-----BEGIN CERTIFICATE-----\n"}) {
        folder_.write("ca.crt", text);
        EXPECT_THAT(refusal(verifies),
                    AllOf(StartsWith(folder_.path("ca.crt") + ": "), HasSubstr("certificate")))
            << text;
    }
    ::unlink(folder_.path("ca.crt").c_str());
    EXPECT_THAT(refusal(verifies), StartsWith(folder_.path("ca.crt") + ": cannot open: "));
}

}  // namespace
}  // namespace vfswatchd
