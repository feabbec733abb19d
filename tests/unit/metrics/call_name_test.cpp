// SPDX-License-Identifier: Apache-2.0
#include "metrics/call_name.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

namespace vfswatchd {
namespace {

TEST(CallName, NamesCallsThatRead) {
    EXPECT_EQ(call_name(SYS_read), "read");
    EXPECT_EQ(call_name(SYS_pread64), "pread64");
    EXPECT_EQ(call_name(SYS_readv), "readv");
    EXPECT_EQ(call_name(SYS_preadv), "preadv");
    EXPECT_EQ(call_name(SYS_preadv2), "preadv2");
    EXPECT_EQ(call_name(SYS_sendfile), "sendfile");
    EXPECT_EQ(call_name(SYS_copy_file_range), "copy_file_range");
    EXPECT_EQ(call_name(SYS_splice), "splice");
    EXPECT_EQ(call_name(SYS_execve), "execve");
    EXPECT_EQ(call_name(SYS_execveat), "execveat");
    EXPECT_EQ(call_name(SYS_getdents64), "getdents64");
    EXPECT_EQ(call_name(SYS_finit_module), "finit_module");
    EXPECT_EQ(call_name(SYS_io_uring_enter), "io_uring_enter");
}

TEST(CallName, ShowsOtherCallsByTheirNumber) {
    EXPECT_EQ(call_name(100000), "syscall_100000");
    EXPECT_EQ(call_name(~std::uint32_t{0}), "syscall_4294967295");
}

}  // namespace
}  // namespace vfswatchd
