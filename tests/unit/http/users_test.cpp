// SPDX-License-Identifier: Apache-2.0
// Passwords over a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "folder.h"
#include "http/server.h"
#include "sources.h"
#include "web_access_setup.h"

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Far above a loaded machine's pauses, far below the time that 200 passwords take.
constexpr auto kAtOnce = 5s;

std::string base64(const std::string& text) {
    constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 3) {
        unsigned bits = 0;
        for (std::size_t j = i; j < i + 3; ++j)
            bits = bits << 8U | (j < text.size() ? static_cast<unsigned char>(text[j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            out += i + j <= text.size() ? kDigits[bits >> (18 - 6 * j) & 63U] : '=';
    }
    return out;
}

std::string basic(const std::string& user, const std::string& password) {
    return "Authorization: Basic " + base64(user + ":" + password) + "\r\n";
}

Access users(const std::map<std::string, std::string>& hashes) {
    Access access;
    access.users = hashes;
    return access;
}

HttpServer guarded(HttpHandlers handlers = serving("up 1\n")) {
    return started(std::move(handlers),
                   users({{"prometheus", bcrypt_of("secret")}, {"ops", bcrypt_of("")}}));
}

int status(const HttpServer& server, const std::string& headers,
           const std::string& path = "/metrics", const std::string& method = "GET") {
    return ask(server.addresses()[0], method, path, headers).status;
}

TEST(Users, AreServedWithTheirPassword) {
    const HttpServer server = guarded();
    for (const char* path : {"/", "/metrics", "/healthz", "/-/ready"}) {
        EXPECT_EQ(status(server, basic("prometheus", "secret"), path), 200) << path;
        EXPECT_EQ(status(server, basic("prometheus", "secret"), path, "HEAD"), 200) << path;
        EXPECT_EQ(status(server, basic("ops", ""), path), 200) << path;
    }
    EXPECT_EQ(ask(server.addresses()[0], "GET", "/metrics", basic("prometheus", "secret")).body,
              "up 1\n");
}

TEST(Users, AreRefusedWithoutIt) {
    const HttpServer server = guarded();
    const std::string right = base64("prometheus:secret");
    const std::string refused[] = {
        "",
        basic("prometheus", "wrong"),
        basic("prometheus", ""),
        basic("prometheus", "secret2"),
        basic("prometheus", std::string("secret\0", 7)),
        basic("prometheus", std::string("\0secret", 7)),
        basic("Prometheus", "secret"),
        basic("nobody", "secret"),
        basic("", "secret"),
        basic(std::string("prometheus\0x", 12), "secret"),
        basic("ops", "x"),
        "Authorization: Basic " + right + "\r\nAuthorization: Basic " + right + "\r\n",
        "Authorization: Bearer " + right + "\r\n",
        "Authorization: Digest " + right + "\r\n",
        "Authorization: Basicx " + right + "\r\n",
        "Authorization: Basic" + right + "\r\n",
        "Authorization: Basic\r\n",
        "Authorization: Basic \r\n",
        "Authorization: \r\n",
        "Authorization: " + right + "\r\n",
        "Authorization: Basic " + right + "=\r\n",
        "Authorization: Basic " + right.substr(1) + "\r\n",
        "Authorization: Basic " + right + ", Basic " + right + "\r\n",
        "Authorization: Basic =" + right.substr(1) + "\r\n",
        "Authorization: Basic ====\r\n",
        "Authorization: Basic !!!!\r\n",
        "Authorization: Basic " + base64("prometheus") + "\r\n",
        "Authorization: Basic " + base64(":") + "\r\n",
        "Authorization: Basic " + base64(std::string(20'000, 'x') + ":" + std::string(9, 'y')) +
            "\r\n",
        "Proxy-Authorization: Basic " + right + "\r\n",
        "X: Basic " + right + "\r\n",
    };
    for (const std::string& headers : refused) {
        const Answer answer = ask(server.addresses()[0], "GET", "/metrics", headers);
        EXPECT_EQ(answer.status, 401) << headers;
        EXPECT_EQ(answer.headers.count("www-authenticate"), 1U) << headers;
        EXPECT_EQ(answer.body, "unauthorized: a user and a password are needed\n");
    }
    EXPECT_EQ(status(server, basic("prometheus", "secret")), 200);
}

TEST(Users, MayWriteTheSchemeAsTheyLike) {
    const HttpServer server = guarded();
    const std::string right = base64("prometheus:secret");
    for (const char* scheme : {"Basic ", "basic ", "BASIC ", "Basic    "})
        EXPECT_EQ(status(server, "authorization:  " + std::string(scheme) + right + " \r\n"), 200)
            << scheme;
}

TEST(Users, MayHaveColonsInTheirPasswords) {
    const HttpServer server = started(serving(""), users({{"a", bcrypt_of("b:c:")}}));
    EXPECT_EQ(status(server, basic("a", "b:c:")), 200);
    EXPECT_EQ(status(server, basic("a:b", "c:")), 200);
    EXPECT_EQ(status(server, basic("a", "b")), 401);
}

TEST(Users, LearnNothingOfPathsAndMethodsBefore) {
    const HttpServer server = guarded();
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
        for (const char* path : {"/metrics", "/nowhere", "/?target[]=none"})
            EXPECT_EQ(status(server, "", path, method), 401) << method << path;
    }
    EXPECT_EQ(status(server, basic("prometheus", "wrong"), "/nowhere", "POST"), 401);
    EXPECT_EQ(status(server, basic("prometheus", "secret"), "/nowhere"), 404);
    EXPECT_EQ(status(server, basic("prometheus", "secret"), "/metrics", "POST"), 405);
    EXPECT_EQ(status(server, basic("prometheus", "secret"), "/nowhere", "HEAD"), 404);
    EXPECT_EQ(ask(server.addresses()[0], "HEAD", "/metrics").headers.count("www-authenticate"), 1U);
}

/// The first answer waits for the password; bodies come meanwhile.
TEST(Users, MaySendABodyWhileTheirPasswordIsChecked) {
    const HttpServer server = guarded();
    const std::string tail = "Content-Length: 5\r\n\r\nhello";
    for (const auto& [password, expected] :
         std::map<std::string, std::string>{{"secret", "405"}, {"wrong", "401"}}) {
        for (int again = 0; again < 2; ++again) {
            RawClient client(server.addresses()[0]);
            client.send("POST /metrics HTTP/1.1\r\nHost: t\r\n" + basic("prometheus", password) +
                        tail);
            EXPECT_EQ(client.receive(12), "HTTP/1.1 " + expected);
        }
    }
    RawClient client(server.addresses()[0]);
    client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n" + basic("ops", "") + tail);
    EXPECT_EQ(client.receive_answer().body, "up 1\n");
    client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n" + basic("ops", "never tried") + tail);
    EXPECT_EQ(client.receive_answer().status, 401);
}

TEST(Users, KeepTheirConnections) {
    const HttpServer server = guarded();
    RawClient client(server.addresses()[0]);
    const auto get = [&](const std::string& headers) {
        client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n" + headers + "\r\n");
        return client.receive_answer().status;
    };
    EXPECT_EQ(get(basic("prometheus", "secret")), 200);
    // Who was served is nobody in the next request.
    EXPECT_EQ(get(""), 401);
    EXPECT_EQ(get(basic("prometheus", "wrong")), 401);
    EXPECT_EQ(get(basic("prometheus", "secret")), 200);
}

TEST(Users, MayPipelineTheirRequests) {
    const HttpServer server = guarded();
    RawClient client(server.addresses()[0]);
    std::string all;
    for (const char* password : {"secret", "wrong", "secret", "wronger"})
        all += "GET /healthz HTTP/1.1\r\nHost: t\r\n" + basic("prometheus", password) + "\r\n";
    client.send(all);
    for (const int expected : {200, 401, 200, 401})
        EXPECT_EQ(client.receive_answer().status, expected);
}

/// Sends many at once and counts their answers by status; 0: hung up on.
std::map<int, int> flood(const HttpAddress& address, int count, const std::string& kind) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<RawClient>(address));
        clients.back()->send(
            request_text("GET", "/metrics", basic("prometheus", kind + std::to_string(i))));
    }
    std::map<int, int> statuses;
    for (const auto& client : clients)
        ++statuses[client->receive_answer().status];
    return statuses;
}

TEST(Users, WhoWereServedAreServedOnBesideAFloodOfWrongPasswords) {
    HttpLimits limits;
    limits.connections = 400;  // so that nobody is hung up on
    // A cost that makes 200 of them take longer than kAtOnce, sanitizers or not.
    const HttpServer server =
        started(serving("up 1\n"), users({{"prometheus", bcrypt_of("secret", 9)}}), limits);
    const HttpAddress address = server.addresses()[0];
    EXPECT_EQ(status(server, basic("prometheus", "secret")), 200);
    auto flooding = std::async(std::launch::async, [&] { return flood(address, 200, "wrong"); });
    for (int i = 0; i < 10; ++i) {
        const auto begin = Clock::now();
        EXPECT_EQ(status(server, basic("prometheus", "secret")), 200);
        EXPECT_LT(Clock::now() - begin, kAtOnce);
        std::this_thread::sleep_for(10ms);
    }
    const std::map<int, int> statuses = flooding.get();
    for (const auto& [code, count] : statuses)
        EXPECT_TRUE(code == 401 || code == 503) << code << ": " << count;
    EXPECT_GT(statuses.at(503), 0);
    EXPECT_GT(statuses.at(401), 0);
    const Answer busy = [&] {
        Answer answer;
        for (int i = 0; i < 3; ++i) {
            // Nothing is lost: once there is room, a password is tried again.
            answer = ask(address, "GET", "/metrics", basic("prometheus", "late"));
            if (answer.status == 401) break;
        }
        return answer;
    }();
    EXPECT_EQ(busy.status, 401);
}

TEST(Users, AStopDoesNotWaitForPasswords) {
    HttpLimits limits;
    limits.connections = 400;
    HttpServer server =
        started(serving(""), users({{"prometheus", bcrypt_of("secret", 9)}}), limits);
    const HttpAddress address = server.addresses()[0];
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 40; ++i) {
        clients.push_back(std::make_unique<RawClient>(address));
        clients.back()->send(
            request_text("GET", "/metrics", basic("prometheus", "x" + std::to_string(i))));
    }
    // The last ones were told that it is busy: so many others wait.
    EXPECT_EQ(clients.back()->receive_answer().status, 503);
    const auto begin = Clock::now();
    server.stop();
    EXPECT_LT(Clock::now() - begin, kAtOnce);
    for (const auto& client : clients)
        client->receive_all();
}

TEST(Users, ThatLeaveWhileTheirPasswordWaitsHarmNobody) {
    const HttpServer server = guarded();
    for (int i = 0; i < 200; ++i) {
        RawClient client(server.addresses()[0]);
        client.send(request_text("GET", "/metrics", basic("ops", std::to_string(i))));
    }
    int code = 503;
    for (const auto end = Clock::now() + kAtOnce; code != 200 && Clock::now() < end;)
        code = status(server, basic("prometheus", "secret"));
    EXPECT_EQ(code, 200);
}

TEST(Users, ChangeFromOneRequestToTheNext) {
    HttpServer server = guarded();
    const HttpAddress address = server.addresses()[0];
    RawClient open(address);
    const auto get = [&open](const std::string& password) {
        open.send("GET /metrics HTTP/1.1\r\nHost: t\r\n" + basic("prometheus", password) + "\r\n");
        return open.receive_answer().status;
    };
    EXPECT_EQ(get("secret"), 200);
    EXPECT_EQ(get("new"), 401);
    server.set_access(users({{"prometheus", bcrypt_of("new")}}));
    EXPECT_EQ(get("secret"), 401);
    EXPECT_EQ(get("new"), 200);
    server.set_access(users({{"other", bcrypt_of("new")}}));
    EXPECT_EQ(get("new"), 401);
    server.set_access({});
    EXPECT_EQ(status(server, ""), 200);
    EXPECT_EQ(get("whatever"), 200);
    server.set_access(users({{"prometheus", bcrypt_of("new")}}));
    EXPECT_EQ(status(server, ""), 401);
}

TEST(Users, AreNotAskedForOnUnixSockets) {
    const Folder folder;
    const HttpAddress local{folder.path("socket"), 0, true};
    const HttpServer server =
        started(serving("up 1\n"), users({{"a", bcrypt_of("b")}}), {}, {local});
    EXPECT_EQ(ask(local, "GET", "/metrics").body, "up 1\n");
    EXPECT_EQ(ask(local, "GET", "/metrics", basic("a", "wrong")).body, "up 1\n");
}

TEST(Users, AreAskedForOnUnixSocketsOfEverybodys) {
    const Folder folder;
    const HttpAddress open{folder.path("socket"), 0, true, 0666};
    const HttpServer server =
        started(serving("up 1\n"), users({{"a", bcrypt_of("b")}}), {}, {open});
    EXPECT_EQ(ask(open, "GET", "/metrics").status, 401);
    EXPECT_EQ(ask(open, "GET", "/metrics", basic("a", "b")).body, "up 1\n");
}

/// Whoever is taken out while a password is still being tried is not served once more.
TEST(Users, WhoAreNoMoreAreNotServedByAVerdictOfBefore) {
    HttpServer server =
        started(serving("up 1\n"), users({{"a", bcrypt_of("b", 11)}, {"c", bcrypt_of("d")}}));
    RawClient client(server.addresses()[0]);
    client.send(request_text("GET", "/metrics", basic("a", "b")));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    server.set_access(users({{"c", bcrypt_of("d")}}));
    EXPECT_EQ(client.receive_answer().status, 401);
}

TEST(Headers, OverrideAndAddTo) {
    Access access;
    access.headers = {{"Strict-Transport-Security", "max-age=1"},
                      {"X-Frame-Options", "deny"},
                      {"Content-Security-Policy", "default-src 'self'"},
                      {"X-Content-Type-Options", "nosniff"}};
    access.users = {{"a", bcrypt_of("b")}};
    const HttpServer server = started(serving("up 1\n"), std::move(access));
    for (const std::string& credentials : {basic("a", "b"), std::string()}) {
        for (const char* path : {"/", "/metrics", "/nowhere"}) {
            RawClient client(server.addresses()[0]);
            client.send(request_text("GET", path, credentials));
            const std::string all = client.receive_all();
            const std::string head = all.substr(0, all.find("\r\n\r\n"));
            for (const char* line :
                 {"Strict-Transport-Security: max-age=1", "X-Frame-Options: deny",
                  "Content-Security-Policy: default-src 'self'", "X-Content-Type-Options: nosniff"})
                EXPECT_THAT(head, testing::HasSubstr(line)) << path;
            for (const char* name : {"Content-Security-Policy", "X-Content-Type-Options"})
                EXPECT_EQ(head.find(name), head.rfind(name)) << path << name;
        }
    }
}

}  // namespace
}  // namespace vfswatchd
