// SPDX-License-Identifier: Apache-2.0
#include "journal/rate_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Times = std::vector<nanoseconds>;

constexpr nanoseconds kStart = 1h;

bool allow(RateLimit& limit, nanoseconds now) {
    if (!limit.has_room(now)) return false;
    limit.note(now);
    return true;
}

TEST(RateLimit, LetsThroughTheCountAndThenWaits) {
    RateLimit limit({3, 1s});
    EXPECT_TRUE(allow(limit, kStart));
    EXPECT_TRUE(allow(limit, kStart + 300ms));
    EXPECT_TRUE(allow(limit, kStart + 300ms));
    EXPECT_FALSE(allow(limit, kStart + 300ms));
    EXPECT_FALSE(allow(limit, kStart + 1s - 1ns));
    EXPECT_TRUE(allow(limit, kStart + 1s));
    EXPECT_FALSE(allow(limit, kStart + 1s));
    EXPECT_FALSE(allow(limit, kStart + 1300ms - 1ns));
    EXPECT_TRUE(allow(limit, kStart + 1300ms));
    EXPECT_TRUE(allow(limit, kStart + 1300ms));
    EXPECT_FALSE(allow(limit, kStart + 1300ms));
}

TEST(RateLimit, TakesNothingIntoAccountThatItRefused) {
    RateLimit limit({1, 10s});
    EXPECT_TRUE(allow(limit, kStart));
    for (auto later = 1s; later < 10s; later += 1s)
        EXPECT_FALSE(allow(limit, kStart + later));
    EXPECT_TRUE(allow(limit, kStart + 10s));
}

TEST(RateLimit, DoesNotSaveUpWhileNobodyAsks) {
    RateLimit limit({2, 1s});
    EXPECT_TRUE(allow(limit, kStart));
    EXPECT_TRUE(allow(limit, kStart + 1h));
    EXPECT_TRUE(allow(limit, kStart + 1h));
    EXPECT_FALSE(allow(limit, kStart + 1h));
}

TEST(RateLimit, OfNothingLetsNothingThrough) {
    RateLimit limit({0, 1s});
    EXPECT_FALSE(allow(limit, kStart));
    EXPECT_FALSE(allow(limit, kStart + 1h));
}

TEST(RateLimit, CountsToAMillion) {
    constexpr std::uint32_t kMany = 1'000'000;
    RateLimit limit({kMany, 1s});
    std::uint32_t allowed = 0;
    for (std::uint32_t i = 0; i < kMany + 5; ++i)
        allowed += std::uint32_t{allow(limit, kStart + nanoseconds(i))};
    EXPECT_EQ(allowed, kMany);
    EXPECT_TRUE(allow(limit, kStart + 1s));
}

/// Whether fewer than `count` of these, which are sorted, are in the stretch that ends with `now`.
bool has_room(const Times& times, const SnippetRate& rate, nanoseconds now) {
    const auto in_stretch = [&](nanoseconds time) { return time > now - rate.per; };
    return std::count_if(times.begin(), times.end(), in_stretch) < std::int64_t{rate.count};
}

TEST(RateLimit, IsExactWhileTimesAreInOrder) {
    std::mt19937 random(20261125);
    for (std::uint32_t count = 1; count < 8; ++count) {
        const SnippetRate rate{count, 1s};
        std::uniform_int_distribution<int> step_ms(0, 400);
        RateLimit limit(rate);
        Times allowed;
        for (nanoseconds now = kStart; now < kStart + 100s; now += step_ms(random) * 1ms) {
            const bool expected = has_room(allowed, rate, now);
            ASSERT_EQ(allow(limit, now), expected) << count << " at " << now.count();
            if (expected) allowed.push_back(now);
        }
    }
}

TEST(RateLimit, LetsNoMoreThroughWhereTimesAreOutOfOrder) {
    std::mt19937 random(20261125);
    for (const int jitter_ms : {1, 100, 700, 3000}) {
        std::uniform_int_distribution<int> early_ms(0, jitter_ms);
        const SnippetRate rate{5, 1s};
        RateLimit limit(rate);
        Times allowed;
        for (nanoseconds now = kStart; now < kStart + 300s; now += 50ms) {
            const nanoseconds time = now - early_ms(random) * 1ms;
            if (allow(limit, time)) allowed.push_back(time);
        }
        std::sort(allowed.begin(), allowed.end());
        for (std::size_t i = rate.count; i < allowed.size(); ++i)
            ASSERT_GE(allowed[i] - allowed[i - rate.count], rate.per) << jitter_ms;
        EXPECT_GT(allowed.size(), jitter_ms < 1000 ? 300U * 5 / 2 : 0) << jitter_ms;
    }
}

}  // namespace
}  // namespace vfswatchd
