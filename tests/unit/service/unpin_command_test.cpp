// SPDX-License-Identifier: Apache-2.0
#include "service/unpin_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "control_folder.h"
#include "service/control_lock.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;

constexpr uid_t kNobody = 65534;

UnpinPlaces places_in(const ControlFolder& folder) {
    return {folder.directory(), {folder.path() + "/pins", folder.path() + "/state"}};
}

struct Ended {
    ExitCode code;
    std::string out;
    std::string error;
};

Ended unpin_in(const ControlFolder& folder) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = unpin(places_in(folder));
    std::string out = testing::internal::GetCapturedStdout();
    return {code, out, testing::internal::GetCapturedStderr()};
}

/// In a process of its own, since a lock keeps none but other processes out.
Ended in_child(const std::function<Ended()>& run) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
        const Ended ended = run();
        const std::string said = ended.out + '\0' + ended.error;
        const bool written =
            write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
        _exit(written ? static_cast<int>(ended.code) : 1);
    }
    close(ends[1]);
    std::string said(65536, '\0');
    const ssize_t got = read(ends[0], said.data(), said.size());
    said.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    close(ends[0]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    const std::size_t end = std::min(said.find('\0'), said.size());
    return {static_cast<ExitCode>(WEXITSTATUS(status)), said.substr(0, end),
            said.substr(std::min(end + 1, said.size()))};
}

/// Plain files do for pins as long as nobody opens one.
void leave_something(const ControlFolder& folder) {
    std::filesystem::create_directory(folder.path() + "/pins");
    std::ofstream(folder.path() + "/pins/map-sums");
    std::ofstream(folder.path() + "/pins/paths-link0");
    std::ofstream(folder.path() + "/state");
}

TEST(Unpin, SaysThatNothingIsThere) {
    const ControlFolder folder;
    const Ended ended = unpin_in(folder);
    EXPECT_EQ(ended.code, ExitCode::kOk);
    EXPECT_EQ(ended.out, "Nothing was left by a stopped vfswatchd.\n");
    EXPECT_EQ(ended.error, "");
}

TEST(Unpin, RemovesAndSaysWhat) {
    const ControlFolder folder;
    leave_something(folder);
    const Ended ended = unpin_in(folder);
    EXPECT_EQ(ended.code, ExitCode::kOk);
    EXPECT_EQ(ended.out, "Removed 2 pinned objects from " + folder.path() + "/pins.\nRemoved " +
                             folder.path() + "/state.\n");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path() + "/pins"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/state"));
}

TEST(Unpin, RefusesWhileADaemonRuns) {
    const ControlFolder folder;
    leave_something(folder);
    const auto lock = ControlLock::take(folder.directory());
    ASSERT_TRUE(lock.has_value());
    const Ended ended = in_child([&] { return unpin_in(folder); });
    EXPECT_EQ(ended.code, ExitCode::kUnavailable);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.error, HasSubstr("vfswatchd runs as process " + std::to_string(getpid()) +
                                       ": stop it first"));
    EXPECT_TRUE(std::filesystem::exists(folder.path() + "/state"));
    EXPECT_TRUE(std::filesystem::exists(folder.path() + "/pins/map-sums"));
}

TEST(Unpin, SaysWhatItMayNotDo) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    const ControlFolder folder;
    leave_something(folder);
    const Ended ended = in_child([&] {
        EXPECT_EQ(setresuid(kNobody, kNobody, kNobody), 0);
        return unpin_in(folder);
    });
    EXPECT_EQ(ended.code, ExitCode::kPermission);
    EXPECT_THAT(ended.error, HasSubstr("run it as root: sudo vfswatchctl unpin"));
    EXPECT_TRUE(std::filesystem::exists(folder.path() + "/state"));
}

}  // namespace
}  // namespace vfswatchd
