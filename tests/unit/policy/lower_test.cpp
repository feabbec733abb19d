// SPDX-License-Identifier: Apache-2.0
#include "policy/lower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/policy/path_match.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;

constexpr std::size_t kRegular = 0100000 >> 12;
constexpr std::size_t kDirectory = 0040000 >> 12;
constexpr std::size_t kFifo = 0010000 >> 12;

TargetConfig of_pids(const std::vector<std::uint32_t>& pids) {
    TargetConfig target;
    for (const std::uint32_t pid : pids)
        target.pids.push_back({pid, {}});
    return target;
}

Filter lowered(const Config& config) {
    auto filter = lower(config);
    EXPECT_TRUE(filter.has_value());
    return filter.value_or(Filter{});
}

TEST(Lower, TargetsWithoutPidsTakeAnyProcess) {
    Config config;
    config.targets = {of_pids({}), of_pids({7}), of_pids({})};
    EXPECT_EQ(lowered(config).settings.any_process_targets, 0b101U);
}

TEST(Lower, ProcessesAreDistinctAndSorted) {
    Config config;
    config.targets = {of_pids({4242, 7}), of_pids({}), of_pids({7, 7, 1})};
    const auto rows = lowered(config).processes;
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].tgid, 1U);
    EXPECT_EQ(rows[0].targets, 0b100U);
    EXPECT_EQ(rows[1].tgid, 7U);
    EXPECT_EQ(rows[1].targets, 0b101U);
    EXPECT_EQ(rows[2].tgid, 4242U);
    EXPECT_EQ(rows[2].targets, 0b001U);
}

TEST(Lower, FileTypesBecomeTargetsOfEachType) {
    Config config;
    config.targets.resize(2);
    config.targets[0].file_types = 1 << kRegular;
    config.targets[1].file_types = 1 << kRegular | 1 << kFifo;
    const auto settings = lowered(config).settings;
    EXPECT_EQ(settings.type_targets[kRegular], 0b11U);
    EXPECT_EQ(settings.type_targets[kFifo], 0b10U);
    EXPECT_EQ(settings.type_targets[kDirectory], 0U);
}

TEST(Lower, LabelsBecomeTargetsOfEachField) {
    Config config;
    config.targets.resize(3);
    config.targets[0].labels.pid = true;
    config.targets[1].labels.comm = true;
    config.targets[2].labels = {true, false, true};
    config.targets[0].labels.call = true;
    const auto settings = lowered(config).settings;
    EXPECT_EQ(settings.pid_targets, 0b101U);
    EXPECT_EQ(settings.comm_targets, 0b010U);
    EXPECT_EQ(settings.uid_targets, 0b100U);
    EXPECT_EQ(settings.call_targets, 0b001U);
}

TEST(Lower, LatencyBecomesTheTargetsThatAskForIt) {
    Config config;
    config.targets.resize(3);
    EXPECT_EQ(lowered(config).settings.latency_targets, 0U);
    config.targets[0].latency = true;
    config.targets[2].latency = true;
    EXPECT_EQ(lowered(config).settings.latency_targets, 0b101U);
}

TEST(Lower, PathsAreDecidedForTheTargetsPlace) {
    Config config;
    config.targets.resize(2);
    config.targets[0].include.push_back({"/etc", {}});
    config.targets[1].exclude.push_back({"/etc/shadow", {}});
    const auto rows = lowered(config).path_states;
    EXPECT_EQ(match(rows, "/etc/passwd"), 0b11U);
    EXPECT_EQ(match(rows, "/etc/shadow"), 0b01U);
    EXPECT_EQ(match(rows, "/var"), 0b10U);
}

TEST(Lower, RefusesMoreTargetsThanBits) {
    Config config;
    config.targets.resize(VFSWATCH_MAX_TARGETS);
    EXPECT_TRUE(lower(config).has_value());
    config.targets.resize(VFSWATCH_MAX_TARGETS + 1);
    const auto filter = lower(config);
    ASSERT_FALSE(filter.has_value());
    EXPECT_THAT(filter.error().message(), HasSubstr("64 targets"));
}

TEST(TableSizes, FollowLimitsAndRows) {
    Config config;
    config.limits.max_files = 100;
    config.limits.max_tasks = 200;
    config.targets = {of_pids({1, 2, 2})};
    const Filter filter = lowered(config);
    const TableSizes sizes = table_sizes(config, filter);
    EXPECT_EQ(sizes.max_files, 100U);
    EXPECT_EQ(sizes.max_tasks, 200U);
    EXPECT_EQ(sizes.processes, 2U);
    EXPECT_EQ(sizes.path_states, filter.path_states.size());
}

}  // namespace
}  // namespace vfswatchd
