// SPDX-License-Identifier: Apache-2.0
#include "policy/predict.h"

#include <gtest/gtest.h>

#include <string_view>

namespace vfswatchd {
namespace {

constexpr TableSizes kSizes{
    .max_files = 1000, .max_tasks = 500, .processes = 3, .comms = 5, .uids = 6, .path_states = 7};

std::uint64_t bytes_of(const Prediction& prediction, std::string_view map) {
    for (const MapBytes& row : prediction.maps) {
        if (row.map == map) return row.bytes;
    }
    ADD_FAILURE() << "no map " << map;
    return 0;
}

TEST(Predict, TotalIsTheSumOfAllMaps) {
    const Prediction prediction = predict(kSizes, Config{}, 2);
    std::uint64_t sum = 0;
    for (const MapBytes& map : prediction.maps)
        sum += map.bytes;
    EXPECT_EQ(prediction.kernel_bytes, sum);
    EXPECT_EQ(prediction.maps.size(), 18U);
}

TEST(Predict, HashCostsBucketsAndPreallocatedElements) {
    // 1024 buckets of 16 bytes; 48 + 64 + 8 bytes for 1000 sums and one spare for each CPU.
    const std::uint64_t tables = 1024 * 16 + (48 + 64 + 8) * 1002;
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "sum_places"), tables + 704 + 2 * (32 + 8));
}

TEST(Predict, NamesHaveRoomForMoreThanSums) {
    // 17,384 names of 48 + 40 + 56 bytes in 32,768 buckets; such a hash keeps no spares.
    const std::uint64_t tables = 32768 * 16 + (48 + 40 + 56) * (1000 + 16384);
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "names"), tables + 704 + 2 * 32);
}

TEST(Predict, SelectorsCostARowEach) {
    const Prediction prediction = predict(kSizes, Config{}, 2);
    EXPECT_EQ(bytes_of(prediction, "comms"), 8 * 16 + (48 + 16 + 8) * (5 + 2) + 704 + 2 * 40U);
    EXPECT_EQ(bytes_of(prediction, "uids"), 8 * 16 + (48 + 8 + 8) * (6 + 2) + 704 + 2 * 40U);
    EXPECT_EQ(bytes_of(prediction, "cgroups"), 4096 * (16 + 48 + 8 + 8) + 704 + 2 * 32U);
    EXPECT_EQ(bytes_of(prediction, "renames"),
              1024 * 16 + (48 + 8 + 8) * (1024 + 2) + 704 + 2 * 40U);
}

TEST(Predict, AWalkHoldsTwoPaths) {
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "walks"),
              256 * 16 + (48 + 8 + 24 + 2 * 4096 + 16) * (256 + 2) + 704 + 2 * 40U);
}

TEST(Predict, FreeSumsAreAStackWithAPlaceToSpare) {
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "free_sums"), 320U + 4 * 1001);
}

TEST(Predict, MappedArrayIsRoundedToPages) {
    // 1001 sums of 112 bytes take 28 pages; the header has one of its own.
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "sums"), 29U * 4096);
}

TEST(Predict, AgreesWithWhatTheKernelShowedForOtherSizes) {
    // `bpf: ringbuf memory usage`: 64 KiB show 78,424 bytes, 4 MiB in the same way.
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "name_ring"),
              320U + (3 + 1024) * 4096 + (3 + 2 * 1024) * 8);
}

TEST(Predict, SnippetsAreMadeInRoomsAndLeaveByARing) {
    TableSizes sizes = kSizes;
    sizes.snippets = 64;
    sizes.snippet_ring_bytes = 1 << 20;
    const Prediction prediction = predict(sizes, Config{}, 2);
    EXPECT_EQ(bytes_of(prediction, "snippet_rooms"),
              64 * 16 + (48 + 8 + 80 + 2 * 4096) * (64 + 2) + 704 + 2 * 40U);
    EXPECT_EQ(bytes_of(prediction, "snippet_ring"), 320U + (3 + 256) * 4096 + (3 + 2 * 256) * 8);
    const Prediction without = predict(kSizes, Config{}, 2);
    EXPECT_EQ(bytes_of(without, "snippet_rooms"),
              16 + (48 + 8 + 80 + 2 * 4096) * (1 + 2) + 704 + 2 * 40U);
    EXPECT_EQ(bytes_of(without, "snippet_ring"), 320U + (3 + 1) * 4096 + (3 + 2) * 8);
}

TEST(Predict, ConstantsAreSettingsAndWhatWalksRunsAndSnippetsStartFrom) {
    // A walk, a run, a snippet; settings have 64 shares and 64 samplings beside some words.
    const std::uint64_t least = (16 + 2 * 4096 + 16) + 304 + (80 + 2 * 4096) + 64 * (4 + 24) + 4096;
    const std::uint64_t bytes = bytes_of(predict(kSizes, Config{}, 2), ".rodata");
    EXPECT_GT(bytes, least);
    EXPECT_LE(bytes, least + 4096);
}

TEST(Predict, DataSectionHoldsErrorsAndDurationsOfEveryTarget) {
    // A bit for each possible process; 154 errors, 27 words of durations, two of overflow, one of
    // sums, three of samples and when the next is due for each target.
    const std::uint64_t least = (1 << 22) / 8 + 64 * (154 + 27 + 2 + 1 + 3 + 1) * 8;
    const std::uint64_t bytes = bytes_of(predict(kSizes, Config{}, 2), ".bss");
    // The header has a page of its own.
    EXPECT_GT(bytes, least + 4096);
    EXPECT_LE(bytes, least + 2 * 4096);
}

TEST(Predict, AnEmptyTableHasOneEntry) {
    TableSizes sizes = kSizes;
    sizes.processes = sizes.comms = sizes.uids = 0;
    const Prediction none = predict(sizes, Config{}, 1);
    sizes.processes = sizes.comms = sizes.uids = 1;
    const Prediction one = predict(sizes, Config{}, 1);
    for (const char* map : {"processes", "comms", "uids"})
        EXPECT_EQ(bytes_of(none, map), bytes_of(one, map)) << map;
}

TEST(Predict, WorstCaseSeriesCountsWhatBecomesOfSamples) {
    Config config;
    config.targets.resize(3);
    const std::uint64_t without = predict(kSizes, config, 2).worst_case_series;
    config.targets[1].snippets.emplace();
    EXPECT_EQ(predict(kSizes, config, 2).worst_case_series, without + 6 + 1);
}

TEST(Predict, GrowsWithEachLimitAndWithCpus) {
    const std::uint64_t base = predict(kSizes, Config{}, 2).kernel_bytes;
    TableSizes sizes = kSizes;
    sizes.max_files++;
    EXPECT_GT(predict(sizes, Config{}, 2).kernel_bytes, base);
    sizes = kSizes;
    sizes.max_tasks++;
    EXPECT_GT(predict(sizes, Config{}, 2).kernel_bytes, base);
    sizes = kSizes;
    sizes.path_states++;
    EXPECT_EQ(predict(sizes, Config{}, 2).kernel_bytes, base + 520);
    sizes = kSizes;
    sizes.comms++;
    EXPECT_GT(predict(sizes, Config{}, 2).kernel_bytes, base);
    sizes = kSizes;
    sizes.uids++;
    EXPECT_GT(predict(sizes, Config{}, 2).kernel_bytes, base);
    EXPECT_GT(predict(kSizes, Config{}, 64).kernel_bytes, base);
}

TEST(Predict, DefaultLimitsStayBelowFiftyOneMegabytes) {
    const Config config;
    TableSizes sizes = kSizes;
    sizes.max_files = config.limits.max_files;
    sizes.max_tasks = config.limits.max_tasks;
    sizes.path_states = 100;
    const std::uint64_t bytes = predict(sizes, config, 8).kernel_bytes;
    EXPECT_GT(bytes, 30'000'000U);
    EXPECT_LT(bytes, 51'000'000U);
}

TEST(Predict, WorstCaseSeriesCountsFileRowsAndTargets) {
    Config config;
    config.limits.max_series = 1000;
    EXPECT_EQ(predict(kSizes, config, 2).worst_case_series, 4000U);
    config.targets.resize(3);
    EXPECT_EQ(predict(kSizes, config, 2).worst_case_series, 4000U + 3 * (7 + 154));
}

TEST(Predict, WorstCaseSeriesCountsTheHistogramsOfTargetsWithLatency) {
    Config config;
    config.targets.resize(3);
    const std::uint64_t without = predict(kSizes, config, 2).worst_case_series;
    config.targets[1].latency = true;
    EXPECT_EQ(predict(kSizes, config, 2).worst_case_series, without + 26 + 2);
}

}  // namespace
}  // namespace vfswatchd
