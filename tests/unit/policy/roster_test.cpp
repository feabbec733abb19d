// SPDX-License-Identifier: Apache-2.0
#include "policy/roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/lower.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TargetConfig named(const std::string& name) {
    TargetConfig target;
    target.name = name;
    return target;
}

TargetConfig followed(const std::string& name, const std::string& comm) {
    TargetConfig target = named(name);
    target.processes.comms.push_back({comm, {}});
    target.processes.follow_children = true;
    return target;
}

Config config_of(std::vector<TargetConfig> targets) {
    Config config;
    config.targets = std::move(targets);
    return config;
}

Roster next_of(const Roster& roster, const Config& config, const HeldTargets& held = {}) {
    const auto next = roster.next(config, held);
    EXPECT_TRUE(next.has_value());
    return next.value_or(Roster());
}

TEST(Roster, BeginsWithThePlaces) {
    const Roster roster = next_of({}, config_of({named("a"), named("b"), named("c")}));
    EXPECT_THAT(roster.bits(), ElementsAre(0U, 1U, 2U));
}

TEST(Roster, ATargetKeepsItsBitWhereverItStands) {
    const Roster before = next_of({}, config_of({named("a"), named("b"), named("c")}));
    const Roster after = next_of(before, config_of({named("c"), named("b"), named("a")}));
    EXPECT_THAT(after.bits(), ElementsAre(2U, 1U, 0U));
}

TEST(Roster, ABitHasNoOtherOwnerInTheChangeInWhichItsOwnerLeaves) {
    const Roster before = next_of({}, config_of({named("a"), named("b")}));
    const Roster after = next_of(before, config_of({named("a"), named("new")}));
    EXPECT_THAT(after.bits(), ElementsAre(0U, 2U));
    EXPECT_EQ(after.owned(), 0b101U);
    // Nor while somebody holds it.
    const Config newest = config_of({named("a"), named("new"), named("newest")});
    EXPECT_THAT(next_of(after, newest, {0b10, 0}).bits(), ElementsAre(0U, 2U, 3U));
    EXPECT_THAT(next_of(after, newest).bits(), ElementsAre(0U, 2U, 1U));
}

TEST(Roster, FindsThoseWhoWereAnnounced) {
    const Roster before = next_of({}, config_of({named("a"), named("b")}));
    const Config config = config_of({named("new"), named("a")});
    const Roster announced = before.with(next_of(before, config));
    EXPECT_EQ(announced.owned(), 0b111U);
    EXPECT_THAT(next_of(announced, config).bits(), ElementsAre(2U, 0U));
    EXPECT_THAT(next_of(announced, config_of({named("another"), named("b")})).bits(),
                ElementsAre(3U, 1U));
}

TEST(Roster, WhatIsInheritedBindsOnlyThoseWhoFollow) {
    const Config config = config_of({named("plain"), followed("follows", "x")});
    const Roster roster = next_of({}, config, {0, 0b1});
    EXPECT_THAT(roster.bits(), ElementsAre(0U, 1U));
    const Config turned = config_of({followed("follows", "x"), named("plain")});
    EXPECT_THAT(next_of({}, turned, {0, 0b1}).bits(), ElementsAre(1U, 0U));
}

TEST(Roster, OtherProcessesToFollowAreAnotherBit) {
    const Roster before = next_of({}, config_of({followed("a", "one"), named("b")}));
    const HeldTargets held = {0b11, 0b1};
    EXPECT_THAT(next_of(before, config_of({followed("a", "one"), named("b")}), held).bits(),
                ElementsAre(0U, 1U));
    EXPECT_THAT(next_of(before, config_of({followed("a", "two"), named("b")}), held).bits(),
                ElementsAre(2U, 1U));
    // Where nobody is followed nothing is inherited that could mean another.
    TargetConfig changed = named("b");
    changed.processes.comms.push_back({"x", {}});
    EXPECT_THAT(next_of(before, config_of({changed}), held).bits(), ElementsAre(1U));
}

TEST(Roster, RefusesWhatFindsNoFreeBit) {
    const Roster before = next_of({}, config_of({named("a")}));
    EXPECT_TRUE(before.next(config_of({named("a")}), {~TargetMask{0}, 0}));
    const auto refused = before.next(config_of({named("a"), named("late")}), {~TargetMask{0}, 0});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("target late is one too many"));
}

TEST(Roster, IsTheSameWhenLoaded) {
    const Roster before = next_of({}, config_of({named("a"), followed("b", "x"), named("c")}));
    ByteWriter writer;
    before.save(writer);
    ByteReader reader(writer.bytes());
    const Roster loaded = Roster::load(reader);
    EXPECT_TRUE(reader.finished());
    const Config config = config_of({named("new"), named("c"), followed("b", "x")});
    EXPECT_EQ(next_of(loaded, config, {0b111, 0}).bits(),
              next_of(before, config, {0b111, 0}).bits());
    EXPECT_THAT(next_of(loaded, config, {0b111, 0}).bits(), ElementsAre(3U, 2U, 1U));
}

/// Every mask and every table by bits says of the new bits what it said of the places.
TEST(WithBits, MovesAllThatIsSaidOfATarget) {
    Filter filter;
    vfswatch_settings& settings = filter.settings;
    settings.any_process_targets = 0b01;
    settings.follow_targets = 0b10;
    settings.type_targets[8] = 0b11;
    settings.pid_targets = 0b01;
    settings.comm_targets = 0b10;
    settings.uid_targets = 0b01;
    settings.call_targets = 0b10;
    settings.cgroup_targets = 0b01;
    settings.inode_targets = 0b10;
    settings.latency_targets = 0b01;
    settings.any_path_targets = 0b10;
    settings.snippet_targets = 0b01;
    settings.target_max_files[0] = 100;
    settings.target_max_files[1] = 200;
    settings.sampling[0] = {1, 2, 3, 4};
    filter.processes = {{7, 0b01}};
    filter.comms = {{{'x'}, 0b10}};
    filter.uids = {{1000, 0b11}};
    filter.path_states = {{}, {}};
    filter.path_states[1].targets = 0b10;

    const Filter moved = with_bits(filter, {5, 63});
    constexpr TargetMask kFirst = TargetMask{1} << 5;
    constexpr TargetMask kSecond = TargetMask{1} << 63;
    const vfswatch_settings& now = moved.settings;
    for (const __u64 mask : {now.any_process_targets, now.pid_targets, now.uid_targets,
                             now.cgroup_targets, now.latency_targets, now.snippet_targets})
        EXPECT_EQ(mask, kFirst);
    for (const __u64 mask : {now.follow_targets, now.comm_targets, now.call_targets,
                             now.inode_targets, now.any_path_targets})
        EXPECT_EQ(mask, kSecond);
    EXPECT_EQ(now.type_targets[8], kFirst | kSecond);
    EXPECT_EQ(now.target_max_files[5], 100U);
    EXPECT_EQ(now.target_max_files[63], 200U);
    EXPECT_EQ(now.target_max_files[0], 0U);
    EXPECT_EQ(now.sampling[5].chance, 3U);
    EXPECT_EQ(now.sampling[0].chance, 0U);
    EXPECT_EQ(moved.processes[0].targets, kFirst);
    EXPECT_EQ(moved.comms[0].targets, kSecond);
    EXPECT_EQ(moved.uids[0].targets, kFirst | kSecond);
    EXPECT_EQ(moved.path_states[1].targets, kSecond);
}

}  // namespace
}  // namespace vfswatchd
