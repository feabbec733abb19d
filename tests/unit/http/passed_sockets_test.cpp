// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client.h"
#include "http/server.h"
#include "sources.h"

namespace vfswatchd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// What systemd does: it opens the socket, passes a descriptor, and keeps its own.
struct Held {
    UniqueFd own;
    UniqueFd passed;
};

Held held(UniqueFd own) {
    UniqueFd passed(::fcntl(own.get(), F_DUPFD_CLOEXEC, 0));
    return {std::move(own), std::move(passed)};
}

Held held_tcp() {
    return held(std::move(open_listener({"127.0.0.1", 0})->socket));
}

UniqueFd bound_unix(const std::string& name, bool listens = true) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return {};
    if (listens && ::listen(socket.get(), 8) != 0) return {};
    return socket;
}

Listener adopted(UniqueFd socket) {
    auto listener = adopt_listener(std::move(socket), "`test`");
    if (!listener) throw std::runtime_error(listener.error().message());
    return std::move(*listener);
}

HttpServer serving_on(UniqueFd socket, HttpHandlers handlers) {
    std::vector<Listener> listeners;
    listeners.push_back(adopted(std::move(socket)));
    auto server = HttpServer::serve(std::move(listeners), std::move(handlers));
    if (!server) throw std::runtime_error(server.error().message());
    return std::move(*server);
}

std::string refusal(UniqueFd descriptor) {
    const auto listener = adopt_listener(std::move(descriptor), "`test`");
    return listener ? "" : listener.error().message();
}

TEST(PassedSockets, ServeWhereTheyAreBound) {
    const Held socket = held_tcp();
    const HttpAddress known = adopted(UniqueFd(::dup(socket.own.get()))).address;
    EXPECT_EQ(known.host, "127.0.0.1");
    EXPECT_NE(known.port, 0);
    EXPECT_EQ(to_url(known, false), "http://127.0.0.1:" + std::to_string(known.port));
    const HttpServer server = serving_on(UniqueFd(::dup(socket.own.get())), serving("up 1\n"));
    ASSERT_EQ(server.addresses().size(), 1U);
    EXPECT_EQ(to_text(server.addresses()[0]), to_text(known));
    EXPECT_EQ(ask(known, "GET", "/metrics").body, "up 1\n");
}

TEST(PassedSockets, MayBeOfIpv6) {
    auto open = open_listener({"::1", 0});
    if (!open) GTEST_SKIP() << "no IPv6 loopback here: " << open.error().message();
    const HttpAddress address = adopted(std::move(open->socket)).address;
    EXPECT_EQ(to_text(address), "[::1]:" + std::to_string(open->address.port));
}

TEST(PassedSockets, MayBeOfUnix) {
    std::string directory = testing::TempDir() + "passed-XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    const std::string path = directory + "/socket";
    {
        const HttpServer server = serving_on(bound_unix(path), serving("up 1\n"));
        const HttpAddress address = server.addresses()[0];
        EXPECT_EQ(to_text(address), "unix:" + path);
        EXPECT_EQ(to_url(address, false), "unix:" + path);
        EXPECT_EQ(ask(address, "GET", "/metrics").body, "up 1\n");
    }
    // Whoever bound it removes it.
    EXPECT_EQ(::unlink(path.c_str()), 0);
    EXPECT_EQ(::rmdir(directory.c_str()), 0);
}

TEST(PassedSockets, MayHaveAnAbstractName) {
    const std::string name = "@vfswatchd-test-" + std::to_string(::getpid());
    const HttpServer server = serving_on(bound_unix(name), serving("up 1\n"));
    EXPECT_EQ(to_text(server.addresses()[0]), "unix:" + name);
    EXPECT_EQ(ask(server.addresses()[0], "GET", "/metrics").body, "up 1\n");
}

TEST(PassedSockets, OutliveTheServer) {
    Held socket = held_tcp();
    HttpServer first = serving_on(std::move(socket.passed), serving("first\n"));
    const HttpAddress address = first.addresses()[0];
    EXPECT_EQ(ask(address, "GET", "/metrics").body, "first\n");
    first.stop();
    // Nobody serves: a client is let in and waits.
    RawClient waiting(address);
    ASSERT_TRUE(waiting.connected());
    ASSERT_TRUE(waiting.send(request_text("GET", "/metrics")));
    EXPECT_FALSE(waiting.hung_up_within(100));
    const HttpServer second = serving_on(UniqueFd(::dup(socket.own.get())), serving("second\n"));
    EXPECT_THAT(waiting.receive_all(), HasSubstr("second\n"));
}

/// Takes its time before it says a word.
class SlowSource : public BodySource {
  public:
    explicit SlowSource(std::promise<void>& begun) : begun_(begun) {}
    std::size_t read(char* buffer, std::size_t) override {
        if (done_) return 0;
        done_ = true;
        begun_.set_value();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        *buffer = 'x';
        return 1;
    }

  private:
    std::promise<void>& begun_;
    bool done_ = false;
};

/// `begun` is told once the page is under way.
HttpHandlers serving_slowly(std::promise<void>& begun) {
    HttpHandlers handlers = serving("");
    handlers.scrape = scraping([&begun] { return std::make_unique<SlowSource>(begun); });
    return handlers;
}

TEST(PassedSockets, AStopLetsAnAnswerEnd) {
    Held socket = held_tcp();
    std::promise<void> begun;
    HttpServer server = serving_on(std::move(socket.passed), serving_slowly(begun));
    const HttpAddress address = server.addresses()[0];
    auto answer = std::async(std::launch::async, [&] { return ask(address, "GET", "/metrics"); });
    begun.get_future().wait();
    server.stop();
    EXPECT_TRUE(answer.get().whole);
}

TEST(PassedSockets, AStopTellsWhoAsksMeanwhileToComeAnew) {
    Held socket = held_tcp();
    std::promise<void> begun;
    HttpServer server = serving_on(std::move(socket.passed), serving_slowly(begun));
    const HttpAddress address = server.addresses()[0];
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    RawClient kept(address);
    kept.send(request);
    EXPECT_EQ(kept.receive_answer().headers.count("connection"), 0U);
    auto slow = std::async(std::launch::async, [&] { return ask(address, "GET", "/metrics"); });
    begun.get_future().wait();
    auto stopped = std::async(std::launch::async, [&server] { server.stop(); });
    // The stop has begun, and the slow page has not ended.
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    kept.send(request);
    const Answer answer = kept.receive_answer();
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_TRUE(kept.hung_up_within(5'000));
    EXPECT_TRUE(slow.get().whole);
}

TEST(PassedSockets, AStopDoesNotWaitForAClientThatAsksForNothing) {
    Held socket = held_tcp();
    HttpServer server = serving_on(std::move(socket.passed), serving(""));
    const RawClient silent(server.addresses()[0]);
    // Behind it, so that it is taken by then.
    EXPECT_EQ(ask(server.addresses()[0], "GET", "/healthz").status, 200);
    const auto begin = std::chrono::steady_clock::now();
    server.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(PassedSockets, AreRefusedUnlessTheyListenForStreams) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const UniqueFd other(pipe[1]);
    EXPECT_THAT(refusal(UniqueFd(pipe[0])),
                AllOf(HasSubstr("`test`"), HasSubstr("is no socket"), HasSubstr("ListenStream=")));
    EXPECT_THAT(refusal(UniqueFd(::socket(AF_INET, SOCK_DGRAM, 0))),
                HasSubstr("is no stream socket"));
    EXPECT_THAT(refusal(UniqueFd(::socket(AF_INET, SOCK_STREAM, 0))), HasSubstr("does not listen"));
    EXPECT_THAT(refusal(bound_unix("@vfswatchd-deaf-" + std::to_string(::getpid()), false)),
                HasSubstr("does not listen"));
}

}  // namespace
}  // namespace vfswatchd
