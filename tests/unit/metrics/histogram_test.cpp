// SPDX-License-Identifier: Apache-2.0
#include "metrics/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "snapshots.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr const Metric& kMetric = metric("vfswatch_target_read_duration_seconds");

std::vector<std::string> lines_of(const ReadDurations& durations) {
    std::string text;
    append_histogram(text, kMetric, "a\"b", durations);
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

TEST(BucketEnd, IsTheShortestExactText) {
    std::vector<std::string> ends;
    for (std::size_t bucket = 0; bucket < VFSWATCH_DURATION_BUCKETS; ++bucket)
        ends.push_back(bucket_end(bucket));
    EXPECT_THAT(ends, ElementsAre("1e-06", "2e-06", "4e-06", "8e-06", "1.6e-05", "3.2e-05",
                                  "6.4e-05", "0.000128", "0.000256", "0.000512", "0.001024",
                                  "0.002048", "0.004096", "0.008192", "0.016384", "0.032768",
                                  "0.065536", "0.131072", "0.262144", "0.524288", "1.048576",
                                  "2.097152", "4.194304", "8.388608", "16.777216", "+Inf"));
}

TEST(ExactSeconds, KeepEveryNanosecond) {
    EXPECT_EQ(exact_seconds(0), "0");
    EXPECT_EQ(exact_seconds(1), "0.000000001");
    EXPECT_EQ(exact_seconds(1'500'000'000), "1.5");
    EXPECT_EQ(exact_seconds(10'000'000'000), "10");
    EXPECT_EQ(exact_seconds(100'000'000), "0.1");
    EXPECT_EQ(exact_seconds(kAbove2To53), "9007199.254740993");
    EXPECT_EQ(exact_seconds(std::numeric_limits<std::uint64_t>::max()), "18446744073.709551615");
}

TEST(Histogram, AddsUpBucketsAndEndsInItsCount) {
    ReadDurations durations;
    durations.buckets[0] = 1;
    durations.buckets[1] = 20;
    durations.buckets[24] = 300;
    durations.buckets[25] = 4000;
    durations.sum_ns = 2'000'001'000;
    const std::vector<std::string> lines = lines_of(durations);
    const std::string name = "vfswatch_target_read_duration_seconds";
    const std::string bucket = name + R"(_bucket{target="a\"b",le=)";
    ASSERT_THAT(lines, SizeIs(VFSWATCH_DURATION_BUCKETS + 2));
    EXPECT_EQ(lines[0], bucket + "\"1e-06\"} 1");
    EXPECT_EQ(lines[1], bucket + "\"2e-06\"} 21");
    EXPECT_EQ(lines[23], bucket + "\"8.388608\"} 21");
    EXPECT_EQ(lines[24], bucket + "\"16.777216\"} 321");
    EXPECT_EQ(lines[25], bucket + "\"+Inf\"} 4321");
    EXPECT_EQ(lines[26], name + R"(_sum{target="a\"b"} 2.000001)");
    EXPECT_EQ(lines[27], name + R"(_count{target="a\"b"} 4321)");
}

TEST(Histogram, StaysExactAbove2To53) {
    ReadDurations durations;
    durations.buckets[0] = kAbove2To53;
    const std::vector<std::string> lines = lines_of(durations);
    ASSERT_FALSE(lines.empty());
    EXPECT_THAT(lines.front(), testing::EndsWith("} 9007199254740993"));
    EXPECT_THAT(lines.back(), testing::EndsWith("} 9007199254740993"));
}

}  // namespace
}  // namespace vfswatchd
