// SPDX-License-Identifier: Apache-2.0
#include "live/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Keys, AreKnown) {
    EXPECT_THAT(read_keys("q"), ElementsAre(KeyPress{KeyAction::kQuit}));
    EXPECT_THAT(read_keys("\x04"), ElementsAre(KeyPress{KeyAction::kQuit}));
    EXPECT_THAT(read_keys("bcsep"), ElementsAre(KeyPress{KeyAction::kSort, SortKey::kBytes},
                                                KeyPress{KeyAction::kSort, SortKey::kCalls},
                                                KeyPress{KeyAction::kSort, SortKey::kSize},
                                                KeyPress{KeyAction::kSort, SortKey::kErrors},
                                                KeyPress{KeyAction::kSort, SortKey::kPath}));
    EXPECT_THAT(read_keys(" h?"),
                ElementsAre(KeyPress{KeyAction::kPause}, KeyPress{KeyAction::kHelp},
                            KeyPress{KeyAction::kHelp}));
    EXPECT_THAT(read_keys("\x0c"), ElementsAre(KeyPress{KeyAction::kRedraw}));
}

TEST(Keys, ThatMeanNothingAreLeftOut) {
    EXPECT_THAT(read_keys("xyz\r\n"), IsEmpty());
    EXPECT_THAT(read_keys("\xc3\xbc"), IsEmpty());
    EXPECT_THAT(read_keys(""), IsEmpty());
}

TEST(Keys, ThatSendSequencesPressNoLetters) {
    EXPECT_THAT(read_keys("\033[A"), IsEmpty());
    EXPECT_THAT(read_keys("\033[200~bcs"), IsEmpty());
    EXPECT_THAT(read_keys("b\033q"), ElementsAre(KeyPress{KeyAction::kSort, SortKey::kBytes}));
}

}  // namespace
}  // namespace vfswatchd
