// SPDX-License-Identifier: Apache-2.0
#include "http/connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>

#include "base/unique_fd.h"

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;

/// A connected pair: the table holds one end, the other is the client's.
struct Pair {
    Pair() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        server.reset(ends[0]);
        client.reset(ends[1]);
    }
    [[nodiscard]] bool hung_up() const {
        char byte = 0;
        return ::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0;
    }
    UniqueFd server;
    UniqueFd client;
};

const ConnectionTable::Clock::time_point kStart{1h};

TEST(Connections, LeavesEveryoneAloneWhileThereIsRoom) {
    ConnectionTable table(2, 60s);
    Pair first;
    Pair second;
    table.opened(first.server.get(), kStart);
    table.opened(second.server.get(), kStart + 60s);
    EXPECT_FALSE(first.hung_up());
    EXPECT_FALSE(second.hung_up());
}

TEST(Connections, HangsUpOnTheOneThatAskedLongestAgo) {
    ConnectionTable table(2, 60s);
    std::array<Pair, 4> pairs;
    auto* first = table.opened(pairs[0].server.get(), kStart);
    table.opened(pairs[1].server.get(), kStart);
    table.asked(*first, kStart + 1s);
    table.opened(pairs[2].server.get(), kStart + 2s);
    EXPECT_FALSE(pairs[0].hung_up());
    EXPECT_TRUE(pairs[1].hung_up());
    table.opened(pairs[3].server.get(), kStart + 3s);
    EXPECT_TRUE(pairs[0].hung_up());
    EXPECT_FALSE(pairs[2].hung_up());
    EXPECT_FALSE(pairs[3].hung_up());
}

TEST(Connections, CountsWhoWaitsForAnAnswer) {
    ConnectionTable table(2, 60s);
    Pair first;
    Pair second;
    auto* one = table.opened(first.server.get(), kStart);
    auto* two = table.opened(second.server.get(), kStart);
    EXPECT_EQ(table.waiting(), 2U);
    table.asked(*one, kStart + 1s);
    table.answered(*one);
    EXPECT_EQ(table.waiting(), 1U);
    table.answered(*one);
    EXPECT_EQ(table.waiting(), 1U);
    table.asked(*one, kStart + 2s);
    EXPECT_EQ(table.waiting(), 2U);
    table.closed(*one);
    table.answered(*two);
    table.closed(*two);
    EXPECT_EQ(table.waiting(), 0U);
}

TEST(Connections, CountsOnlyWhoIsStillThere) {
    ConnectionTable table(2, 60s);
    std::array<Pair, 5> pairs;
    table.opened(pairs[0].server.get(), kStart);
    auto* second = table.opened(pairs[1].server.get(), kStart);
    auto* third = table.opened(pairs[2].server.get(), kStart);  // the first is hung up on
    table.closed(*second);
    table.opened(pairs[3].server.get(), kStart);  // takes the second's place
    EXPECT_FALSE(pairs[2].hung_up());
    table.closed(*third);
    table.opened(pairs[4].server.get(), kStart);
    EXPECT_FALSE(pairs[3].hung_up());
}

TEST(Connections, HangsUpOnARequestThatTakesTooLong) {
    ConnectionTable table(8, 60s);
    Pair slow;
    Pair quick;
    table.opened(slow.server.get(), kStart);
    auto* asking = table.opened(quick.server.get(), kStart);
    table.asked(*asking, kStart + 60s);
    EXPECT_FALSE(slow.hung_up());
    table.asked(*asking, kStart + 61s);
    EXPECT_TRUE(slow.hung_up());
    EXPECT_FALSE(quick.hung_up());
}

}  // namespace
}  // namespace vfswatchd
