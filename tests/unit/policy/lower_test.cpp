// SPDX-License-Identifier: Apache-2.0
#include "policy/lower.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "config/keys.h"
#include "tests/unit/policy/path_match.h"

namespace vfswatchd {
namespace {

constexpr std::size_t kRegular = 0100000 >> 12;
constexpr std::size_t kDirectory = 0040000 >> 12;
constexpr std::size_t kFifo = 0010000 >> 12;

TargetConfig of_pids(const std::vector<std::uint32_t>& pids) {
    TargetConfig target;
    for (const std::uint32_t pid : pids)
        target.processes.pids.push_back({pid, {}});
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

TEST(Lower, AnySelectorKeepsATargetFromTakingAnyProcess) {
    Config config;
    config.targets.resize(6);
    config.targets[0].processes.comms.push_back({"a", {}});
    config.targets[1].processes.exes.push_back({"/a", {}});
    config.targets[2].processes.units.push_back({"a.service", {}});
    config.targets[3].processes.cgroups.push_back({"/a", {}});
    config.targets[4].processes.uids.push_back({0, {}});
    EXPECT_EQ(lowered(config).settings.any_process_targets, 0b100000U);
}

TEST(Lower, SelectorsSayWhatProcessesAreDecidedBy) {
    Config config;
    config.targets = {of_pids({1}), of_pids({2})};
    EXPECT_EQ(lowered(config).settings.process_fields, 0U);
    ProcessSelectors& last = config.targets[1].processes;
    last.comms.push_back({"a", {}});
    EXPECT_EQ(lowered(config).settings.process_fields, std::uint32_t{VFSWATCH_FIELD_COMM});
    last = {};
    last.uids.push_back({0, {}});
    EXPECT_EQ(lowered(config).settings.process_fields, std::uint32_t{VFSWATCH_FIELD_UID});
    last = {};
    last.exes.push_back({"/a", {}});
    EXPECT_EQ(lowered(config).settings.process_fields, std::uint32_t{VFSWATCH_FIELD_EXECS});
    last = {};
    last.units.push_back({"a.service", {}});
    EXPECT_EQ(lowered(config).settings.process_fields, std::uint32_t{VFSWATCH_FIELD_CGROUP});
    last = {};
    last.cgroups.push_back({"/a", {}});
    config.targets[0].processes.comms.push_back({"a", {}});
    EXPECT_EQ(lowered(config).settings.process_fields,
              std::uint32_t{VFSWATCH_FIELD_CGROUP | VFSWATCH_FIELD_COMM});
}

TEST(Lower, CommsAreFilledUpDistinctAndSorted) {
    Config config;
    config.targets.resize(2);
    config.targets[0].processes.comms = {{"nginx", {}}, {"fifteen-bytes-x", {}}};
    config.targets[1].processes.comms = {{"nginx", {}}, {"ngin", {}}};
    const auto rows = lowered(config).comms;
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(std::string(rows[0].comm.data(), 16), std::string("fifteen-bytes-x") + '\0');
    EXPECT_EQ(std::string(rows[1].comm.data(), 16), "ngin" + std::string(12, '\0'));
    EXPECT_EQ(std::string(rows[2].comm.data(), 16), "nginx" + std::string(11, '\0'));
    EXPECT_EQ(rows[0].targets, 0b01U);
    EXPECT_EQ(rows[1].targets, 0b10U);
    EXPECT_EQ(rows[2].targets, 0b11U);
}

TEST(Lower, UidsAreDistinctAndSorted) {
    Config config;
    config.targets.resize(2);
    config.targets[0].processes.uids = {{4294967294, {}}, {0, {}}};
    config.targets[1].processes.uids = {{0, {}}};
    const auto rows = lowered(config).uids;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].uid, 0U);
    EXPECT_EQ(rows[0].targets, 0b11U);
    EXPECT_EQ(rows[1].uid, 4294967294U);
    EXPECT_EQ(rows[1].targets, 0b01U);
}

TEST(Lower, ExecutablesUnitsAndCgroupsHaveStartsOfTheirOwn) {
    Config config;
    config.targets.resize(2);
    EXPECT_EQ(lowered(config).settings.exe_start, 0U);
    EXPECT_EQ(lowered(config).settings.cgroup_start, 0U);
    config.targets[0].processes.exes.push_back({"/usr/sbin/nginx", {}});
    config.targets[1].processes.units.push_back({"_a.service", {}});
    config.targets[0].processes.cgroups.push_back({"/b.slice", {}});
    const Filter filter = lowered(config);
    EXPECT_EQ(match(filter.path_states, "/usr/sbin/nginx", filter.settings.exe_start), 0b01U);
    EXPECT_EQ(match(filter.path_states, "/b.slice/__a.service", filter.settings.cgroup_start),
              0b11U);
    EXPECT_EQ(match(filter.path_states, "/c.slice/__a.service/x", filter.settings.cgroup_start),
              0b10U);
}

TEST(Lower, FollowedChildrenAreThoseOfTheirTargets) {
    Config config;
    config.targets = {of_pids({1}), of_pids({2}), of_pids({3})};
    EXPECT_EQ(lowered(config).settings.follow_targets, 0U);
    config.targets[0].processes.follow_children = true;
    config.targets[2].processes.follow_children = true;
    EXPECT_EQ(lowered(config).settings.follow_targets, 0b101U);
}

TEST(Lower, ATargetWithoutAShareMayTakeAllFiles) {
    Config config;
    config.limits.max_files = 1000;
    config.targets.resize(3);
    config.targets[1].max_files = 10;
    config.targets[2].max_files = 2000;
    const auto settings = lowered(config).settings;
    EXPECT_EQ(settings.target_max_files[0], 1000U);
    EXPECT_EQ(settings.target_max_files[1], 10U);
    EXPECT_EQ(settings.target_max_files[2], 2000U);
    EXPECT_EQ(settings.target_max_files[3], 0U);
}

TEST(Lower, PathsAreTheProcessesUnlessTheHostsAreAskedFor) {
    Config config;
    EXPECT_EQ(lowered(config).settings.host_paths, 0U);
    config.path_view = PathView::kHost;
    EXPECT_EQ(lowered(config).settings.host_paths, 1U);
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
    EXPECT_EQ(settings.cgroup_targets, 0U);
    EXPECT_EQ(settings.inode_targets, 0U);
}

TEST(Lower, LabelsOfOneKindShareAField) {
    Config config;
    config.targets.resize(5);
    config.targets[0].labels.unit = true;
    config.targets[1].labels.cgroup = true;
    config.targets[2].labels.device = true;
    config.targets[3].labels.inode = true;
    const auto settings = lowered(config).settings;
    EXPECT_EQ(settings.cgroup_targets, 0b00011U);
    EXPECT_EQ(settings.inode_targets, 0b01100U);
}

TEST(Lower, LatencyBecomesTheTargetsThatAskForIt) {
    Config config;
    config.targets.resize(3);
    EXPECT_EQ(lowered(config).settings.latency_targets, 0U);
    config.targets[0].latency = true;
    config.targets[2].latency = true;
    EXPECT_EQ(lowered(config).settings.latency_targets, 0b101U);
}

TargetConfig of_samples(std::uint32_t one_in, SnippetRate rate, std::uint32_t max_bytes = 40) {
    TargetConfig target;
    target.include.push_back({"/srv", {}});
    SnippetRules& rules = target.snippets.emplace();
    rules.one_in = one_in;
    rules.rate = rate;
    rules.max_bytes = max_bytes;
    return target;
}

TEST(Lower, SnippetsBecomeTheTargetsThatAskForThem) {
    Config config;
    config.targets.resize(4);
    const auto none = lowered(config).settings;
    EXPECT_EQ(none.snippet_targets, 0U);
    EXPECT_EQ(none.most_chance, 0U);
    EXPECT_EQ(none.sensitive_start, 0U);
    config.targets[1] = of_samples(100, {10, std::chrono::seconds(1)}, 7);
    config.targets[3] = of_samples(2, {1, std::chrono::hours(1)}, 4096);
    const auto settings = lowered(config).settings;
    EXPECT_EQ(settings.snippet_targets, 0b1010U);
    EXPECT_EQ(settings.sampling[1].max_bytes, 7U);
    EXPECT_EQ(settings.sampling[3].max_bytes, 4096U);
    for (const std::size_t other : {0U, 2U, 4U, 63U}) {
        EXPECT_EQ(settings.sampling[other].chance, 0U) << other;
        EXPECT_EQ(settings.sampling[other].interval_ns, 0U) << other;
        EXPECT_EQ(settings.sampling[other].burst_ns, 0U) << other;
        EXPECT_EQ(settings.sampling[other].max_bytes, 0U) << other;
    }
}

TEST(Lower, ASampleIsTakenByADrawUpToItsChance) {
    Config config;
    for (const std::uint32_t one_in : {1U, 2U, 3U, 100U, 1000000U})
        config.targets.push_back(of_samples(one_in, {}));
    const auto settings = lowered(config).settings;
    EXPECT_EQ(settings.sampling[0].chance, 0xffffffffU);
    EXPECT_EQ(settings.sampling[1].chance, 0x7fffffffU);
    EXPECT_EQ(settings.sampling[2].chance, 0x55555554U);
    EXPECT_EQ(settings.sampling[3].chance, 42949671U);
    EXPECT_EQ(settings.sampling[4].chance, 4293U);
}

TEST(Lower, TheLargestChanceIsThatOfAnyTarget) {
    Config config;
    config.targets = {of_samples(1000, {}), of_samples(10, {}), of_samples(100, {})};
    const auto settings = lowered(config).settings;
    EXPECT_EQ(settings.most_chance, settings.sampling[1].chance);
}

TEST(Lower, ARateBecomesAnIntervalAndTheBurstThatIsLeft) {
    Config config;
    config.targets = {of_samples(1, {10, std::chrono::seconds(1)}),
                      of_samples(1, {1000000, std::chrono::seconds(1)}),
                      of_samples(1, {3, std::chrono::minutes(1)}),
                      of_samples(1, {1, std::chrono::hours(1)})};
    const auto settings = lowered(config).settings;
    EXPECT_EQ(settings.sampling[0].interval_ns, 100'000'000U);
    EXPECT_EQ(settings.sampling[0].burst_ns, 900'000'000U);
    // Bound by what all targets may write.
    EXPECT_EQ(settings.sampling[1].interval_ns, 10'000'000U);
    EXPECT_EQ(settings.sampling[1].burst_ns, 990'000'000U);
    EXPECT_EQ(settings.sampling[2].interval_ns, 20'000'000'000U);
    EXPECT_EQ(settings.sampling[2].burst_ns, 40'000'000'000U);
    EXPECT_EQ(settings.sampling[3].interval_ns, 3'600'000'000'000U);
    EXPECT_EQ(settings.sampling[3].burst_ns, 0U);
}

TEST(Lower, TheLongestSnippetOfTheConfigIsTheKernels) {
    EXPECT_EQ(find_key(config_keys(), "targets[].snippets", "max_bytes")->max,
              VFSWATCH_SNIPPET_BYTES);
}

TEST(Lower, SensitiveFilesHaveAStartOfTheirOwn) {
    Config config;
    config.targets = {of_samples(1, {}), of_samples(1, {}), of_pids({1})};
    config.targets[1].snippets->allow_sensitive = true;
    const Filter filter = lowered(config);
    EXPECT_GT(filter.settings.sensitive_start, std::uint32_t{VFSWATCH_PATH_START});
    EXPECT_EQ(match(filter.path_states, "/etc/shadow", filter.settings.sensitive_start), 0b01U);
    EXPECT_EQ(match(filter.path_states, "/srv/shadow", filter.settings.sensitive_start), 0U);
    EXPECT_EQ(match(filter.path_states, "/srv/a"), 0b111U);
    config.targets[0].snippets->allow_sensitive = true;
    EXPECT_EQ(lowered(config).settings.sensitive_start, 0U);
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
    config.targets.back().place = {"f.yaml", 65, 5};
    const auto filter = lower(config);
    ASSERT_FALSE(filter.has_value());
    ASSERT_EQ(filter.error().size(), 1U);
    EXPECT_EQ(format_fault(filter.error()[0]), "f.yaml:65:5: more than 64 targets");
}

TEST(TableSizes, FollowLimitsAndRows) {
    Config config;
    config.limits.max_files = 100;
    config.limits.max_tasks = 200;
    config.targets = {of_pids({1, 2, 2})};
    config.targets[0].processes.comms = {{"a", {}}};
    config.targets[0].processes.uids = {{0, {}}, {1, {}}, {2, {}}};
    const Filter filter = lowered(config);
    const TableSizes sizes = table_sizes(config, filter);
    EXPECT_EQ(sizes.max_files, 100U);
    EXPECT_EQ(sizes.max_tasks, 200U);
    EXPECT_EQ(sizes.processes, 2U);
    EXPECT_EQ(sizes.comms, 1U);
    EXPECT_EQ(sizes.uids, 3U);
    EXPECT_EQ(sizes.path_states, filter.path_states.size());
}

TEST(TableSizes, OfSnippetsAreTheSmallestWhereNobodyAsks) {
    Config config;
    config.targets = {of_pids({1}), of_pids({2})};
    const TableSizes without = table_sizes(config, lowered(config));
    EXPECT_EQ(without.snippets, 1U);
    EXPECT_EQ(without.snippet_ring_bytes, 4096U);
    config.targets[1] = of_samples(1, {});
    const TableSizes with = table_sizes(config, lowered(config));
    EXPECT_EQ(with.snippets, std::uint32_t{VFSWATCH_MAX_SNIPPETS});
    EXPECT_EQ(with.snippet_ring_bytes, std::uint32_t{VFSWATCH_SNIPPET_RING_BYTES});
}

}  // namespace
}  // namespace vfswatchd
