// SPDX-License-Identifier: Apache-2.0
#include "service/state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A folder of its own, gone at the end.
class Folder {
  public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "stateXXXXXX";
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(folder_); }

    /// In one that is not there yet.
    [[nodiscard]] std::string file() const { return folder_ / "lib/state"; }

  private:
    std::filesystem::path folder_;
};

const StoppedState& written() {
    static const StoppedState kStopped{{"map.sums", "paths.link0"},
                                       std::string("state \0 of it", 13)};
    return kStopped;
}

std::string bytes_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

void overwrite(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

TEST(StateFile, GivesBackWhatWasWritten) {
    const Folder folder;
    const StateFile file(folder.file(), "boot");
    ASSERT_TRUE(file.write({{"other"}, "before"}).has_value());
    ASSERT_TRUE(file.write(written()).has_value());
    const auto read = file.read();
    ASSERT_TRUE(read.has_value() && read->has_value());
    EXPECT_THAT((*read)->objects, ElementsAre("map.sums", "paths.link0"));
    EXPECT_EQ((*read)->state, written().state);
}

TEST(StateFile, IsForItsOwnerAlone) {
    const Folder folder;
    ASSERT_TRUE(StateFile(folder.file(), "boot").write(written()).has_value());
    struct stat status {};
    ASSERT_EQ(stat(folder.file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(StateFile, IsAbsentWhereNothingWasWritten) {
    const Folder folder;
    const auto read = StateFile(folder.file(), "boot").read();
    ASSERT_TRUE(read.has_value());
    EXPECT_FALSE(read->has_value());
}

TEST(StateFile, IsAbsentInAnotherBoot) {
    const Folder folder;
    ASSERT_TRUE(StateFile(folder.file(), "boot").write(written()).has_value());
    const auto read = StateFile(folder.file(), "toot").read();
    ASSERT_TRUE(read.has_value());
    EXPECT_FALSE(read->has_value());
}

TEST(StateFile, IsRefusedWhereverItIsCut) {
    const Folder folder;
    const StateFile file(folder.file(), "boot");
    ASSERT_TRUE(file.write(written()).has_value());
    const std::string whole = bytes_of(folder.file());
    for (std::size_t size = 0; size < whole.size(); size++) {
        overwrite(folder.file(), whole.substr(0, size));
        const auto read = file.read();
        ASSERT_FALSE(read.has_value()) << size;
        EXPECT_THAT(read.error().message(), HasSubstr("state is not whole"));
    }
}

TEST(StateFile, IsRefusedWithMoreBehindIt) {
    const Folder folder;
    const StateFile file(folder.file(), "boot");
    ASSERT_TRUE(file.write(written()).has_value());
    overwrite(folder.file(), bytes_of(folder.file()) + "x");
    EXPECT_FALSE(file.read().has_value());
}

TEST(StateFile, IsRefusedWhereItIsNone) {
    const Folder folder;
    const StateFile file(folder.file(), "boot");
    ASSERT_TRUE(file.write(written()).has_value());
    std::string other = bytes_of(folder.file());
    other.at(8) = 'V';
    overwrite(folder.file(), other);
    EXPECT_FALSE(file.read().has_value());
}

TEST(StateFile, FollowsNoLink) {
    const Folder folder;
    const StateFile file(folder.file(), "boot");
    ASSERT_TRUE(StateFile(folder.file() + "2", "boot").write(written()).has_value());
    std::filesystem::create_symlink(folder.file() + "2", folder.file());
    EXPECT_FALSE(file.read().has_value());
}

// What a process leaves that was killed while it wrote.
TEST(StateFile, StaysAsItWasWhileANewOneIsWritten) {
    const Folder folder;
    const StateFile file(folder.file(), "boot");
    ASSERT_TRUE(file.write(written()).has_value());
    overwrite(folder.file() + ".new", "half");
    const auto read = file.read();
    ASSERT_TRUE(read.has_value() && read->has_value());
    EXPECT_EQ((*read)->state, written().state);
    ASSERT_TRUE(file.write(written()).has_value());
    EXPECT_FALSE(std::filesystem::exists(folder.file() + ".new"));
}

TEST(StateFile, IsGoneOnceRemoved) {
    const Folder folder;
    const StateFile file(folder.file(), "boot");
    EXPECT_EQ(file.remove().value_or(true), false);
    ASSERT_TRUE(file.write(written()).has_value());
    overwrite(folder.file() + ".new", "half");
    EXPECT_EQ(file.remove().value_or(false), true);
    EXPECT_TRUE(std::filesystem::is_empty(std::filesystem::path(folder.file()).parent_path()));
}

TEST(StateFile, SaysWhereItCannotBeWritten) {
    const Folder folder;
    std::filesystem::create_directory(std::filesystem::path(folder.file()).parent_path());
    std::filesystem::create_directory(folder.file());
    const auto done = StateFile(folder.file(), "boot").write(written());
    ASSERT_FALSE(done.has_value());
    EXPECT_THAT(done.error().message(), HasSubstr("rename to " + folder.file()));
}

}  // namespace
}  // namespace vfswatchd
