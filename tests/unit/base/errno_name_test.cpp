// SPDX-License-Identifier: Apache-2.0
#include "base/errno_name.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace vfswatchd {
namespace {

TEST(ErrnoName, NamesWhatReadsReturn) {
    EXPECT_EQ(errno_name(EIO), "EIO");
    EXPECT_EQ(errno_name(EAGAIN), "EAGAIN");
    EXPECT_EQ(errno_name(512), "ERESTARTSYS");
    EXPECT_EQ(errno_name(524), "ENOTSUPP");
}

TEST(ErrnoName, LeavesOtherNumbersUnnamed) {
    EXPECT_EQ(errno_name(0), "");
    EXPECT_EQ(errno_name(4000), "");
}

}  // namespace
}  // namespace vfswatchd
