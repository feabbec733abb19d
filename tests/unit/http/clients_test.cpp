// SPDX-License-Identifier: Apache-2.0
// What clients that misbehave cost the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "http/server.h"
#include "sources.h"

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using Clients = std::vector<std::unique_ptr<RawClient>>;

// Far above a loaded machine's pauses, far below any of the timeouts that a blocked server waits.
constexpr auto kAtOnce = 5s;

HttpServer started(HttpHandlers handlers, const HttpLimits& limits = {}) {
    Result<HttpServer> server = HttpServer::start({{"127.0.0.1", 0}}, std::move(handlers), limits);
    if (!server) throw std::runtime_error(server.error().message());
    return std::move(*server);
}

Clients clients_that_sent(const HttpAddress& address, int count, const std::string& text) {
    Clients clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<RawClient>(address));
        EXPECT_TRUE(clients.back()->connected());
        if (!text.empty()) clients.back()->send(text);
    }
    return clients;
}

void expect_health_at_once(const HttpAddress& address) {
    const auto start = Clock::now();
    EXPECT_EQ(ask(address, "GET", "/healthz").status, 200);
    EXPECT_LT(Clock::now() - start, kAtOnce);
}

/// A page without an end, so that its sender waits for a reader who does not read on.
class EndlessSource : public BodySource {
  public:
    std::size_t read(char* buffer, std::size_t capacity) override {
        std::memset(buffer, 'x', capacity);
        return capacity;
    }
};

HttpHandlers serving_without_end() {
    HttpHandlers handlers = serving("");
    handlers.scrape = scraping([] { return std::make_unique<EndlessSource>(); });
    return handlers;
}

/// A client that has begun to read the page, and reads no more than the first line.
std::unique_ptr<RawClient> slow_reader(const HttpAddress& address) {
    auto client = std::make_unique<RawClient>(address, 4096);
    client->send(request_text("GET", "/metrics"));
    EXPECT_EQ(client->receive(12), "HTTP/1.1 200");
    return client;
}

TEST(Clients, HalfOpenOnesDelayNobody) {
    const HttpServer server = started(serving("up 1\n"));
    const HttpAddress address = server.addresses()[0];
    const Clients silent = clients_that_sent(address, 10, "");
    const Clients half_way = clients_that_sent(address, 10, "GET /metrics HTTP/1.1\r\nHos");
    expect_health_at_once(address);
    EXPECT_EQ(ask(address, "GET", "/metrics").body, "up 1\n");
    EXPECT_FALSE(silent[0]->hung_up_within(0));
    EXPECT_FALSE(half_way[0]->hung_up_within(0));
}

TEST(Clients, MoreHalfOpenOnesThanPlacesDelayNobody) {
    HttpLimits limits;
    limits.connections = 16;
    const HttpServer server = started(serving("up 1\n"), limits);
    const HttpAddress address = server.addresses()[0];
    const Clients silent = clients_that_sent(address, 100, "");
    expect_health_at_once(address);
    EXPECT_TRUE(silent[0]->hung_up_within(5'000));
}

TEST(Clients, WhoAskedLatelyKeepsItsConnection) {
    HttpLimits limits;
    limits.connections = 16;
    const HttpServer server = started(serving("up 1\n"), limits);
    const HttpAddress address = server.addresses()[0];
    RawClient prometheus(address);
    for (int scrape = 0; scrape < 5; ++scrape) {
        const Clients silent = clients_that_sent(address, 8, "");
        expect_health_at_once(address);
        ASSERT_TRUE(prometheus.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"));
        EXPECT_EQ(prometheus.receive_answer().body, "up 1\n");
    }
}

TEST(Clients, SlowReadersDelayNobody) {
    const HttpServer server = started(serving_without_end());
    const HttpAddress address = server.addresses()[0];
    Clients slow;
    for (int i = 0; i < 8; ++i)
        slow.push_back(slow_reader(address));
    expect_health_at_once(address);
}

TEST(Clients, SlowReadersCannotPileUpPages) {
    HttpLimits limits;
    limits.pages = 2;
    HttpHandlers handlers = serving_without_end();
    std::mutex mutex;
    std::vector<std::string> failures;
    handlers.failed = [&](const std::string& message) {
        const std::lock_guard lock(mutex);
        failures.push_back(message);
    };
    const HttpServer server = started(std::move(handlers), limits);
    const HttpAddress address = server.addresses()[0];
    Clients slow;
    for (int i = 0; i < 3; ++i) {
        slow.push_back(slow_reader(address));
        std::this_thread::sleep_for(ScrapePages::kFreshEnough + ScrapePages::kFresh);
    }
    // The first one's page made room for the third's.
    const std::string rest = slow[0]->receive_all();
    EXPECT_NE(rest.substr(rest.size() - 5), "0\r\n\r\n");
    EXPECT_FALSE(slow[1]->receive(1 << 20).empty());
    EXPECT_FALSE(slow[2]->receive(1 << 20).empty());
    const std::lock_guard lock(mutex);
    EXPECT_THAT(failures, ElementsAre(HasSubstr("its clients read slowly")));
}

TEST(Clients, AreHungUpOnAfterSilence) {
    HttpLimits limits;
    limits.idle = 1s;
    const HttpServer server = started(serving(""), limits);
    RawClient silent(server.addresses()[0]);
    RawClient half_way(server.addresses()[0]);
    half_way.send("GET / HTT");
    EXPECT_TRUE(silent.hung_up_within(10'000));
    EXPECT_TRUE(half_way.hung_up_within(10'000));
}

TEST(Clients, WithAHeadTooLargeAreRefused) {
    const HttpServer server = started(serving(""));
    const HttpAddress address = server.addresses()[0];
    RawClient client(address);
    client.send("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(1 << 20, 'x') + "\r\n\r\n");
    const std::string answer = client.receive_all();
    EXPECT_TRUE(answer.empty() || answer.compare(0, 10, "HTTP/1.1 4") == 0) << answer;
    expect_health_at_once(address);
}

TEST(Clients, ThatSendRubbishHarmNobody) {
    const HttpServer server = started(serving(""));
    const HttpAddress address = server.addresses()[0];
    const std::string rubbish[] = {std::string(5000, '\0'),
                                   "\r\n\r\n\r\n",
                                   "GET\r\n\r\n",
                                   "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                                   "GET / HTTP/9.9\r\n\r\n",
                                   "GET /%zz%00 HTTP/1.1\r\n\r\n"};
    for (const std::string& text : rubbish) {
        RawClient client(address);
        client.send(text);
        expect_health_at_once(address);
    }
}

TEST(Clients, HalfWayThroughAPageDoNotDelayTheStop) {
    HttpServer server = started(serving_without_end());
    RawClient reading(server.addresses()[0], 4096);
    RawClient silent(server.addresses()[0]);
    reading.send(request_text("GET", "/metrics"));
    EXPECT_EQ(reading.receive(12), "HTTP/1.1 200");
    const auto start = Clock::now();
    server.stop();
    EXPECT_LT(Clock::now() - start, kAtOnce);
    EXPECT_TRUE(silent.hung_up_within(5'000));
}

TEST(Clients, AreNotServedByAThreadThatTakesSignals) {
    HttpHandlers handlers = serving("");
    std::atomic<bool> blocked = false;
    handlers.healthy = [&blocked] {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGHUP) == 1;
        return true;
    };
    const HttpServer server = started(std::move(handlers));
    expect_health_at_once(server.addresses()[0]);
    EXPECT_TRUE(blocked);
    sigset_t mine;
    pthread_sigmask(SIG_SETMASK, nullptr, &mine);
    EXPECT_EQ(sigismember(&mine, SIGTERM), 0);
}

}  // namespace
}  // namespace vfswatchd
