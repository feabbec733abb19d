// SPDX-License-Identifier: Apache-2.0
#include "service/pinned_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "control_folder.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;

/// Plain files stand for pins, where nobody opens one.
class PinnedStateTest : public testing::Test {
  protected:
    PinnedStateTest() : lock_(ControlLock::take(folder_.directory())) {
        EXPECT_TRUE(lock_.has_value());
    }

    [[nodiscard]] PinnedState state(const std::string& boot = "boot") const {
        return {*lock_, {pins(), file()}, boot};
    }
    [[nodiscard]] std::string pins() const { return folder_.path() + "/pins"; }
    [[nodiscard]] std::string file() const { return folder_.path() + "/state"; }

    void pin_something() const {
        std::filesystem::create_directory(pins());
        std::ofstream(pins() + "/map-sums");
    }

    ControlFolder folder_;
    Result<ControlLock> lock_;
};

TEST_F(PinnedStateTest, FindsNothingWhereNothingIs) {
    const auto found = state().find();
    ASSERT_TRUE(found.has_value());
    EXPECT_FALSE(found->has_value());
}

TEST_F(PinnedStateTest, RefusesPinsWithoutAStateFile) {
    pin_something();
    const auto found = state().find();
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().message(), "1 pins without " + file() + " of this boot");
}

TEST_F(PinnedStateTest, RefusesPinsOfAnotherBootsState) {
    pin_something();
    ASSERT_TRUE(StateFile(file(), "boot").write({{}, "state"}).has_value());
    EXPECT_FALSE(state("other").find().has_value());
}

TEST_F(PinnedStateTest, FindsNothingOfAnotherBoot) {
    ASSERT_TRUE(StateFile(file(), "boot").write({{"map.sums"}, "state"}).has_value());
    const auto found = state("other").find();
    ASSERT_TRUE(found.has_value());
    EXPECT_FALSE(found->has_value());
}

TEST_F(PinnedStateTest, RefusesAStateWhosePinsAreGone) {
    ASSERT_TRUE(StateFile(file(), "boot").write({{"map.sums"}, "state"}).has_value());
    const auto found = state().find();
    ASSERT_FALSE(found.has_value());
    EXPECT_THAT(found.error().message(), HasSubstr("open the pin " + pins() + "/map-sums"));
}

TEST_F(PinnedStateTest, LeavesNothingOutsideOfABpffs) {
    pin_something();
    const auto done = state().leave({{"map.sums", 0}}, "state");
    ASSERT_FALSE(done.has_value());
    EXPECT_THAT(done.error().message(), HasSubstr(pins() + " is in no bpffs"));
    EXPECT_TRUE(std::filesystem::is_empty(pins()));
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(PinnedStateTest, MakesNoDirectoryOutsideOfABpffs) {
    EXPECT_FALSE(state().prepare().has_value());
    EXPECT_FALSE(std::filesystem::exists(pins()));
}

TEST_F(PinnedStateTest, ClearsWhatIsThere) {
    pin_something();
    ASSERT_TRUE(StateFile(file(), "other").write({{"map.sums"}, "state"}).has_value());
    const auto cleared = state().clear();
    ASSERT_TRUE(cleared.has_value());
    EXPECT_EQ(cleared->pins, 1U);
    EXPECT_TRUE(cleared->state_file);
    const auto found = state().find();
    EXPECT_TRUE(found.has_value() && !found->has_value());
}

TEST_F(PinnedStateTest, KeepsThePinsWhereTheStateFileStays) {
    pin_something();
    std::filesystem::create_directory(file());
    EXPECT_FALSE(state().clear().has_value());
    EXPECT_FALSE(std::filesystem::is_empty(pins()));
}

TEST(PinnedPlaces, AreAsSystemdSays) {
    const PinnedPlaces places = PinnedPlaces::of([](const char* name) -> const char* {
        return std::string(name) == "STATE_DIRECTORY" ? "/var/lib/one:/var/lib/two" : "/run/pins";
    });
    EXPECT_EQ(places.state_file, "/var/lib/one/state");
    EXPECT_EQ(places.pins, "/run/pins");
}

TEST(PinnedPlaces, AreTheUsualOnesWithoutSystemd) {
    const PinnedPlaces places =
        PinnedPlaces::of([](const char*) -> const char* { return nullptr; });
    EXPECT_EQ(places.state_file, "/var/lib/vfswatchd/state");
    EXPECT_EQ(places.pins, "/sys/fs/bpf/vfswatchd");
}

TEST(ThisBoot, IsTheSameEachTime) {
    const auto boot = this_boot();
    ASSERT_TRUE(boot.has_value());
    EXPECT_EQ(boot->size(), 32U);
    EXPECT_EQ(*boot, this_boot().value_or("?"));
}

}  // namespace
}  // namespace vfswatchd
