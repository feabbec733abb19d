// SPDX-License-Identifier: Apache-2.0
#include "policy/predict.h"

#include <gtest/gtest.h>

#include <string_view>

namespace vfswatchd {
namespace {

constexpr TableSizes kSizes{1000, 500, 3, 7};

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
    EXPECT_EQ(prediction.maps.size(), 14U);
}

TEST(Predict, HashCostsBucketsAndPreallocatedElements) {
    // 1024 buckets of 16 bytes; 48 + 40 + 32 bytes for 1000 names and one spare for each CPU.
    const std::uint64_t tables = 1024 * 16 + (48 + 40 + 32) * 1002;
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "names"), tables + 704 + 2 * (32 + 8));
}

TEST(Predict, MappedArrayIsRoundedToPages) {
    // 1001 sums of 80 bytes take 20 pages; the header has one of its own.
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "sums"), 21U * 4096);
}

TEST(Predict, AgreesWithWhatTheKernelShowedForOtherSizes) {
    // `bpf: ringbuf memory usage`: 64 KiB show 78,424 bytes, 4 MiB in the same way.
    EXPECT_EQ(bytes_of(predict(kSizes, Config{}, 2), "name_ring"),
              320U + (3 + 1024) * 4096 + (3 + 2 * 1024) * 8);
}

TEST(Predict, DataSectionHoldsErrorsAndDurationsOfEveryTarget) {
    // A bit for each possible process, 154 errors and 27 words of durations for each target.
    const std::uint64_t least = (1 << 22) / 8 + 64 * (154 + 27) * 8;
    const std::uint64_t bytes = bytes_of(predict(kSizes, Config{}, 2), ".bss");
    EXPECT_GT(bytes, least);
    EXPECT_LT(bytes, least + 3 * 4096);
}

TEST(Predict, AnEmptyProcessTableHasOneEntry) {
    TableSizes sizes = kSizes;
    sizes.processes = 0;
    const std::uint64_t none = bytes_of(predict(sizes, Config{}, 1), "processes");
    sizes.processes = 1;
    EXPECT_EQ(bytes_of(predict(sizes, Config{}, 1), "processes"), none);
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
    EXPECT_GT(predict(kSizes, Config{}, 64).kernel_bytes, base);
}

TEST(Predict, DefaultLimitsStayBelowFortyMegabytes) {
    const Config config;
    const TableSizes sizes{config.limits.max_files, config.limits.max_tasks, 1, 100};
    const std::uint64_t bytes = predict(sizes, config, 8).kernel_bytes;
    EXPECT_GT(bytes, 20'000'000U);
    EXPECT_LT(bytes, 40'000'000U);
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
