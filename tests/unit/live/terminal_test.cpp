// SPDX-License-Identifier: Apache-2.0
#include "live/terminal.h"

#include <gtest/gtest.h>

namespace vfswatchd {
namespace {

TEST(Picture, ClearsEachLineBeforeItIsWritten) {
    EXPECT_EQ(picture({{"a"}, {"b"}}, true), "\033[H\033[2Ka\r\n\033[Jb");
}

TEST(Picture, HasColourOnlyWhereItIsWanted) {
    EXPECT_EQ(picture({{"a", LineStyle::kError}}, true), "\033[H\033[J\033[31ma\033[0m");
    EXPECT_EQ(picture({{"a", LineStyle::kError}}, false), "\033[H\033[J\033[1ma\033[0m");
    EXPECT_EQ(picture({{"a", LineStyle::kColumns}}, false), "\033[H\033[J\033[7ma\033[0m");
}

}  // namespace
}  // namespace vfswatchd
