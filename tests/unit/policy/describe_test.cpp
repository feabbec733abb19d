// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "policy/lower.h"

namespace vfswatchd {
namespace {

using testing::EndsWith;
using testing::StartsWith;

Target described(const TargetConfig& target) {
    Config config;
    config.targets = {target};
    const auto targets = describe_targets(config);
    EXPECT_EQ(targets.size(), 1U);
    return targets.at(0);
}

TEST(Describe, ShowsNameLabelsAndSelectors) {
    TargetConfig config;
    config.name = "db";
    config.labels.comm = true;
    config.processes.pids = {{4242, {}}, {4243, {}}};
    config.include = {{"/a/**", {}}};
    config.exclude = {{"**/*.tmp", {}}};
    const Target target = described(config);
    EXPECT_EQ(target.name, "db");
    EXPECT_EQ(target.labels, (LabelFields{false, true, false}));
    EXPECT_EQ(target.processes, "pid 4242, 4243");
    EXPECT_EQ(target.paths, "/a/**, !**/*.tmp");
    EXPECT_FALSE(target.latency);
}

TEST(Describe, ShowsEveryKindOfSelectorInOneOrder) {
    TargetConfig config;
    ProcessSelectors& processes = config.processes;
    processes.follow_children = true;
    processes.uids = {{0, {}}, {33, {}}};
    processes.cgroups = {{"/x", {}}};
    processes.units = {{"a.service", {}}, {"b@*.service", {}}};
    processes.exes = {{"/usr/bin/x", {}}};
    processes.comms = {{"postgres", {}}, {"b", {}}};
    processes.pids = {{1, {}}, {2, {}}};
    EXPECT_EQ(described(config).processes,
              "pid 1, 2, comm postgres, b, exe /usr/bin/x, unit a.service, b@*.service, cgroup /x, "
              "uid 0, 33, children");
}

TEST(Describe, NamesTheKindOfAFirstSelectorThatIsNoPid) {
    TargetConfig config;
    config.processes.uids = {{33, {}}};
    EXPECT_EQ(described(config).processes, "uid 33");
}

TEST(Describe, SaysWhichTargetsShowDurations) {
    TargetConfig config;
    config.latency = true;
    EXPECT_TRUE(described(config).latency);
}

TEST(Describe, IsEmptyWhereNothingIsSelected) {
    const Target target = described({});
    EXPECT_EQ(target.processes, "");
    EXPECT_EQ(target.paths, "");
}

TEST(Describe, LeavesOutWholeItemsBeyondItsLength) {
    TargetConfig config;
    for (std::uint32_t pid = 1000; pid < 1100; pid++)
        config.processes.pids.push_back({pid, {}});
    const std::string text = described(config).processes;
    EXPECT_LE(text.size(), 120U);
    EXPECT_GT(text.size(), 110U);
    EXPECT_THAT(text, StartsWith("pid 1000, 1001, "));
    EXPECT_THAT(text, EndsWith(", 1017, ..."));
}

TEST(Describe, FillsItsLengthExactly) {
    TargetConfig config;
    config.include = {{"/" + std::string(118, 'a'), {}}};
    EXPECT_EQ(described(config).paths, config.include[0].text);
    config.include[0].text += "b";
    EXPECT_EQ(described(config).paths, config.include[0].text);
    config.include[0].text += "c";
    EXPECT_EQ(described(config).paths, "/" + std::string(116, 'a') + "...");
}

TEST(Describe, CutsBetweenCharacters) {
    TargetConfig config;
    std::string text = "/";
    for (int i = 0; i < 100; i++)
        text += "\xe2\x82\xac";
    config.include = {{text, {}}};
    const std::string cut = described(config).paths;
    EXPECT_EQ(cut, text.substr(0, 1 + 38 * 3) + "...");
}

}  // namespace
}  // namespace vfswatchd
