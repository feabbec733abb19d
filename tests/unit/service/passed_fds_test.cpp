// SPDX-License-Identifier: Apache-2.0
#include "service/passed_fds.h"

#include <gtest/gtest.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace vfswatchd {
namespace {

/// As systemd starts a process: descriptors from 3 on, and what the environment says of them.
void pass(const std::string& names, int count) {
    for (int i = 0; i < count; i++)
        ::dup2(STDERR_FILENO, SD_LISTEN_FDS_START + i);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

std::string text_of(const std::vector<PassedFd>& list) {
    std::string text;
    for (const PassedFd& one : list)
        text += one.name + "=" + std::to_string(one.fd.get()) + " ";
    return text;
}

TEST(PassedFds, AreSocketsUnlessTheirNameSaysThatTheyWereKept) {
    // In a process of its own: these descriptors may be others' here.
    EXPECT_EXIT(
        {
            pass("a.socket:kept.runs:b:kept.names", 4);
            const auto passed = take_passed_fds();
            ::dprintf(STDERR_FILENO, "kept: %s; sockets: %s\n", text_of(passed->kept).c_str(),
                      text_of(passed->sockets).c_str());
            ::_exit(0);
        },
        testing::ExitedWithCode(0), "kept: kept.runs=4 kept.names=6 ; sockets: a.socket=3 b=5 ");
}

TEST(PassedFds, AreNoneWhenAnotherProcessIsMeant) {
    ::setenv("LISTEN_PID", "1", 1);
    ::setenv("LISTEN_FDS", "2", 1);
    const auto passed = take_passed_fds();
    ::unsetenv("LISTEN_PID");
    ::unsetenv("LISTEN_FDS");
    ASSERT_TRUE(passed);
    EXPECT_TRUE(passed->kept.empty());
    EXPECT_TRUE(passed->sockets.empty());
}

TEST(PassedFds, AreRefusedWhenTheEnvironmentMakesNoSense) {
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "many", 1);
    const auto passed = take_passed_fds();
    ::unsetenv("LISTEN_PID");
    ::unsetenv("LISTEN_FDS");
    EXPECT_FALSE(passed);
}

}  // namespace
}  // namespace vfswatchd
