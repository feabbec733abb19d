// SPDX-License-Identifier: Apache-2.0
#include "bad_requests.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client.h"
#include "http/server.h"
#include "sources.h"
#include "web_access_setup.h"

namespace vfswatchd {
namespace {

HttpServer impatient(Access access) {
    HttpLimits limits;
    // libmicrohttpd may overlook that a client has sent its last, and would wait for more.
    limits.idle = std::chrono::seconds(1);
    // Nobody is hung up on for others.
    limits.connections = 2048;
    return started(serving("up 1\n"), std::move(access), limits);
}

/// A connection of its own for each, on which it was sent.
using Clients = std::vector<std::unique_ptr<RawClient>>;

Clients clients_that_sent(const std::vector<BadRequest>& requests, const HttpAddress& address) {
    Clients clients;
    for (const BadRequest& bad : requests) {
        clients.push_back(std::make_unique<RawClient>(address));
        // A server that has seen enough hangs up before it has all.
        clients.back()->send(bad.bytes);
        clients.back()->finish_sending();
    }
    return clients;
}

bool is_refusal(const std::string& answer) {
    return answer.empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5");
}

TEST(BadRequests, AreManyAndDifferent) {
    std::map<std::string, int> seen;
    for (const BadRequest& bad : bad_requests())
        EXPECT_EQ(++seen[bad.bytes], 1) << bad.what;
    EXPECT_GE(seen.size(), 200U);
}

TEST(BadRequests, AreRefusedOrHungUpOn) {
    const HttpServer server = impatient({});
    const HttpAddress address = server.addresses()[0];
    const std::vector<BadRequest> requests = bad_requests();
    const Clients clients = clients_that_sent(requests, address);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const BadRequest& bad = requests[i];
        // `HTTP/1.1 400`, or what there is of it; empty: the server hung up.
        const std::string answer = clients[i]->receive(12);
        const bool is_served = answer == "HTTP/1.1 200" || answer == "HTTP/1.1 100";
        EXPECT_TRUE(is_refusal(answer) || (bad.may_be_served && is_served))
            << bad.what << ": " << answer;
        ASSERT_EQ(ask(address, "GET", "/healthz").body, "healthy\n") << bad.what;
    }
}

/// However odd the request, nobody is served without a password.
TEST(BadRequests, AreNotServedWhereThereAreUsers) {
    Access access;
    access.users = {{"a", bcrypt_of("b")}};
    const HttpServer server = impatient(std::move(access));
    const HttpAddress address = server.addresses()[0];
    const std::vector<BadRequest> requests = bad_requests();
    const Clients clients = clients_that_sent(requests, address);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const BadRequest& bad = requests[i];
        // `HTTP/1.1 400`, or what there is of it; empty: the server hung up.
        const std::string answer = clients[i]->receive(12);
        EXPECT_TRUE(is_refusal(answer) || answer == "HTTP/1.1 100") << bad.what << ": " << answer;
    }
    EXPECT_EQ(ask(address, "GET", "/healthz", "Authorization: Basic YTpi\r\n").status, 200);
}

}  // namespace
}  // namespace vfswatchd
