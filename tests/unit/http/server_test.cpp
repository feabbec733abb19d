// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client.h"
#include "inflate.h"
#include "sources.h"

namespace vfswatchd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

const HttpAddress kAnyPort{"127.0.0.1", 0};

HttpServer started(const std::vector<HttpAddress>& addresses, HttpHandlers handlers,
                   const HttpLimits& limits = {}) {
    Result<HttpServer> server = HttpServer::start(addresses, std::move(handlers), limits);
    if (!server) throw std::runtime_error(server.error().message());
    return std::move(*server);
}

TEST(Server, AnswersOverTheWire) {
    const HttpServer server = started({kAnyPort}, serving("up 1\n"));
    const HttpAddress address = server.addresses()[0];
    ASSERT_NE(address.port, 0);
    const Answer page = ask(address, "GET", "/metrics?target[]=web&x=1");
    EXPECT_TRUE(page.whole);
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body, "up 1\n");
    EXPECT_EQ(page.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(page.headers.at("vary"), "Accept-Encoding");
    EXPECT_EQ(ask(address, "GET", "/healthz").status, 200);
    EXPECT_EQ(ask(address, "GET", "/nowhere").status, 404);
    EXPECT_THAT(ask(address, "GET", "/").headers.at("content-security-policy"),
                HasSubstr("default-src 'none'"));
}

/// Serves the names of the targets that are shown, one a line.
HttpHandlers listing_targets() {
    HttpHandlers handlers = serving("");
    handlers.scrape = [](const TargetChoice& choice) -> Result<std::shared_ptr<const ScrapePage>> {
        std::string text;
        for (const std::string& name : choice.names())
            text += name + "\n";
        return std::make_shared<const SourcePage>(
            [text] { return std::make_unique<TextSource>(text); });
    };
    return handlers;
}

TEST(Server, ShowsTheTargetsThatAreAskedFor) {
    const HttpServer server = started({kAnyPort}, listing_targets());
    const auto get = [&](const std::string& query) {
        const Answer answer = ask(server.addresses()[0], "GET", "/metrics" + query);
        return std::to_string(answer.status) + " " + answer.body;
    };
    EXPECT_EQ(get(""), "200 ");
    EXPECT_EQ(get("?target[]=web"), "200 web\n");
    EXPECT_EQ(get("?target%5B%5D=web"), "200 web\n");
    EXPECT_EQ(get("?target%5b%5d=w%65b"), "200 web\n");
    EXPECT_EQ(get("?target[]=web&target[]=db"), "200 db\nweb\n");
    EXPECT_EQ(get("?target[]=db&x=y&target%5B%5D=web&target[]=db"), "200 db\nweb\n");
    // Of other names it knows nothing, as of collect[] of other exporters.
    EXPECT_EQ(get("?target=none&Target[]=none&name[]=none&[]=none"), "200 ");
    EXPECT_EQ(ask(server.addresses()[0], "GET", "/healthz?target[]=none").status, 200);
}

TEST(Server, RefusesTargetsThatThereAreNot) {
    const HttpServer server = started({kAnyPort}, listing_targets());
    for (const char* query : {"?target[]=none", "?target[]=web&target[]=none",
                              "?target[]=", "?target[]=Web", "?target[]=web,db", "?target[]=web%00",
                              "?target[]=+web", "?target[]=%ff", "?target[]=%zz"}) {
        const Answer answer = ask(server.addresses()[0], "GET", std::string("/metrics") + query);
        EXPECT_EQ(answer.status, 400) << query;
        EXPECT_EQ(answer.body, "no such target: see / for those that there are\n") << query;
        EXPECT_EQ(ask(server.addresses()[0], "HEAD", std::string("/metrics") + query).status, 400);
    }
}

TEST(Server, SaysHowLongItsAnswersAre) {
    const HttpServer server = started({kAnyPort}, serving(numbered_lines(200'000)));
    RawClient client(server.addresses()[0]);
    ASSERT_TRUE(client.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"));
    const Answer health = client.receive_answer();
    EXPECT_EQ(health.headers.at("content-length"), "8");
    EXPECT_EQ(health.headers.count("transfer-encoding"), 0U);
    ASSERT_TRUE(client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"));
    const Answer page = client.receive_answer();
    EXPECT_EQ(page.headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(page.headers.count("content-length"), 0U);
    EXPECT_TRUE(page.whole);
}

TEST(Server, SendsNoBodyToHead) {
    const HttpServer server = started({kAnyPort}, serving(numbered_lines(100'000)));
    for (const char* path : {"/", "/metrics", "/healthz", "/-/ready", "/nowhere"}) {
        const Answer answer = ask(server.addresses()[0], "HEAD", path, "Accept-Encoding: gzip\r\n");
        EXPECT_EQ(answer.status, path == std::string("/nowhere") ? 404 : 200) << path;
        EXPECT_TRUE(answer.whole) << path << ": bytes after the head";
        EXPECT_NE(answer.headers.count("content-type"), 0U) << path;
    }
}

TEST(Server, RefusesAPostWithoutReadingIt) {
    const HttpServer server = started({kAnyPort}, serving(""));
    const Answer answer =
        ask(server.addresses()[0], "POST", "/metrics", "Content-Length: 1000000\r\n");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD");
}

TEST(Server, IgnoresTheBodyOfAGet) {
    const HttpServer server = started({kAnyPort}, serving("up 1\n"));
    RawClient client(server.addresses()[0]);
    ASSERT_TRUE(client.send("GET /metrics HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello"));
    EXPECT_EQ(client.receive_answer().body, "up 1\n");
    ASSERT_TRUE(client.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"));
    EXPECT_EQ(client.receive_answer().status, 200);
}

TEST(Server, KeepsTheConnectionBetweenScrapes) {
    const HttpServer server = started({kAnyPort}, serving(numbered_lines(200'000)));
    RawClient client(server.addresses()[0]);
    for (int scrape = 0; scrape < 3; ++scrape) {
        ASSERT_TRUE(client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"));
        const Answer answer = client.receive_answer();
        EXPECT_TRUE(answer.whole);
        EXPECT_EQ(answer.body, numbered_lines(200'000));
    }
}

TEST(Server, SpeaksToClientsOfHttp10) {
    const HttpServer server = started({kAnyPort}, serving(numbered_lines(200'000)));
    RawClient client(server.addresses()[0]);
    ASSERT_TRUE(client.send("GET /metrics HTTP/1.0\r\n\r\n"));
    const std::string all = client.receive_all();
    EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), numbered_lines(200'000));
    // They know no chunks.
    EXPECT_EQ(all.substr(0, all.find("\r\n\r\n")).find("Transfer-Encoding"), std::string::npos);
    RawClient keeping(server.addresses()[0]);
    ASSERT_TRUE(keeping.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_EQ(keeping.receive_answer().body, "healthy\n");
}

TEST(Server, JoinsSeveralAcceptEncodingHeaders) {
    const HttpServer server = started({kAnyPort}, serving("up 1\n"));
    const HttpAddress address = server.addresses()[0];
    const Answer packed =
        ask(address, "GET", "/metrics", "Accept-Encoding: br\r\naccept-encoding: gzip\r\n");
    EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
    EXPECT_EQ(gunzip(packed.body), "up 1\n");
    const Answer plain = ask(address, "GET", "/metrics", "Accept-Encoding: br, gzip;q=0\r\n");
    EXPECT_EQ(plain.headers.count("content-encoding"), 0U);
    EXPECT_EQ(plain.body, "up 1\n");
}

TEST(Server, CarriesTenMegabytesIntact) {
    const std::string text = numbered_lines(10 << 20);
    const HttpServer server = started({kAnyPort}, serving(text));
    const Answer plain = ask(server.addresses()[0], "GET", "/metrics");
    EXPECT_TRUE(plain.whole);
    EXPECT_TRUE(plain.body == text) << plain.body.size();
    const Answer packed =
        ask(server.addresses()[0], "GET", "/metrics", "Accept-Encoding: gzip\r\n");
    EXPECT_TRUE(packed.whole);
    EXPECT_TRUE(gunzip(packed.body) == text) << packed.body.size();
}

TEST(Server, BreaksOffRatherThanServeAShortPage) {
    HttpHandlers handlers = serving("");
    std::atomic<int> failures = 0;
    handlers.failed = [&failures](const std::string&) { ++failures; };
    handlers.scrape = scraping([] { return std::make_unique<BrokenSource>(); });
    const HttpServer server = started({kAnyPort}, std::move(handlers));
    for (const char* headers : {"", "Accept-Encoding: gzip\r\n"}) {
        EXPECT_FALSE(ask(server.addresses()[0], "GET", "/metrics", headers).whole) << headers;
    }
    // The second may come within the same second.
    EXPECT_GE(failures, 1);
    EXPECT_EQ(ask(server.addresses()[0], "GET", "/healthz").status, 200);
}

TEST(Server, ListensOnSeveralAddresses) {
    const HttpServer server =
        started({kAnyPort, {"127.0.0.2", 0}, {"localhost", 0}}, serving("up 1\n"));
    const std::vector<HttpAddress> addresses = server.addresses();
    ASSERT_EQ(addresses.size(), 3U);
    for (const HttpAddress& address : addresses) {
        EXPECT_EQ(ask(address, "GET", "/metrics").body, "up 1\n") << to_text(address);
    }
}

TEST(Server, ListensOnIpv6BesideIpv4OnTheSamePort) {
    Result<HttpServer> v6 = HttpServer::start({{"::1", 0}}, serving("six\n"));
    if (!v6) GTEST_SKIP() << "no IPv6 loopback here: " << v6.error().message();
    const HttpAddress address = v6->addresses()[0];
    EXPECT_EQ(to_text({"::1", 9974}), "[::1]:9974");
    EXPECT_EQ(ask(address, "GET", "/metrics").body, "six\n");
    const HttpServer any6 = started({{"::", 0}}, serving("any six\n"));
    const std::uint16_t port = any6.addresses()[0].port;
    const HttpServer any4 = started({{"0.0.0.0", port}}, serving("any four\n"));
    EXPECT_EQ(ask({"::1", port}, "GET", "/metrics").body, "any six\n");
    EXPECT_EQ(ask({"127.0.0.1", port}, "GET", "/metrics").body, "any four\n");
}

TEST(Server, SaysWhichPortIsInUseAndWhatToDo) {
    const HttpServer first = started({kAnyPort}, serving(""));
    const HttpAddress taken = first.addresses()[0];
    const Result<HttpServer> second = HttpServer::start({kAnyPort, taken}, serving(""));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(),
              "listen on " + to_text(taken) +
                  ": Address already in use: stop what holds the port (ss -ltnp) or choose "
                  "another with listen.address");
}

TEST(Server, SaysWhatIsWrongWithAnAddress) {
    const auto message = [](const char* host) {
        const Result<HttpServer> server = HttpServer::start({{host, 0}}, serving(""));
        return server ? std::string() : server.error().message();
    };
    EXPECT_THAT(message("203.0.113.7"),
                AllOf(HasSubstr("listen on 203.0.113.7:0: "), HasSubstr("ip address")));
    EXPECT_THAT(message("example.org"), HasSubstr("not an IPv4 or IPv6 address"));
    EXPECT_THAT(message(""), HasSubstr("not an IPv4 or IPv6 address"));
    EXPECT_THAT(message("localhost"), IsEmpty());
}

TEST(Server, FreesThePortWhenItStops) {
    HttpServer server = started({kAnyPort}, serving(""));
    const HttpAddress address = server.addresses()[0];
    server.stop();
    server.stop();
    EXPECT_FALSE(RawClient(address).connected());
    const HttpServer again = started({address}, serving("up 1\n"));
    EXPECT_EQ(ask(address, "GET", "/metrics").body, "up 1\n");
}

TEST(Server, GoesOnServingWhenItIsMoved) {
    HttpServer first = started({kAnyPort}, serving("up 1\n"));
    const HttpAddress address = first.addresses()[0];
    HttpServer second = std::move(first);
    EXPECT_EQ(ask(address, "GET", "/metrics").body, "up 1\n");
    second.stop();
    EXPECT_FALSE(RawClient(address).connected());
}

TEST(Server, ServesScrapesSideBySide) {
    const std::string text = numbered_lines(1 << 20);
    const HttpServer server = started({kAnyPort, kAnyPort}, serving(text));
    const std::vector<HttpAddress> addresses = server.addresses();
    std::atomic<int> right = 0;
    std::vector<std::thread> clients;
    for (std::size_t client = 0; client < 8; ++client) {
        clients.emplace_back([&, client] {
            for (int scrape = 0; scrape < 3; ++scrape) {
                const Answer answer = ask(addresses[client % 2], "GET", "/metrics",
                                          client < 4 ? "Accept-Encoding: gzip\r\n" : "");
                const bool packed = answer.headers.count("content-encoding") != 0;
                if (packed ? gunzip(answer.body) == text : answer.body == text) ++right;
            }
        });
    }
    for (std::thread& client : clients)
        client.join();
    EXPECT_EQ(right, 24);
}

}  // namespace
}  // namespace vfswatchd
