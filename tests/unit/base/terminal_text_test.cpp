// SPDX-License-Identifier: Apache-2.0
#include "base/terminal_text.h"

#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

using namespace std::string_literals;

TEST(TerminalText, KeepsWhatOnlyShowsItself) {
    EXPECT_EQ(terminal_text(""), "");
    EXPECT_EQ(terminal_text(R"(a "b" \ é€😀)"), R"(a "b" \ é€😀)");
    // The neighbours of what it escapes.
    const std::string neighbours =
        "\u00a0\u061b\u061d\u200a\u2010\u2027\u202f\u205f\u2070\ufefe\uff00";
    EXPECT_EQ(terminal_text(neighbours), neighbours);
}

TEST(TerminalText, EscapesWhatCouldFoolATerminal) {
    EXPECT_EQ(terminal_text("\u0080\u009f"), R"(\xc2\x80\xc2\x9f)");
    EXPECT_EQ(terminal_text("\u061c"), R"(\xd8\x9c)");
    EXPECT_EQ(terminal_text("\u200b\u200f"), R"(\xe2\x80\x8b\xe2\x80\x8f)");
    EXPECT_EQ(terminal_text("\u2028\u202e"), R"(\xe2\x80\xa8\xe2\x80\xae)");
    EXPECT_EQ(terminal_text("\u2060\u206f"), R"(\xe2\x81\xa0\xe2\x81\xaf)");
    EXPECT_EQ(terminal_text("\ufeff"), R"(\xef\xbb\xbf)");
}

TEST(TerminalText, EscapesControlsAndWhatIsNoUtf8) {
    EXPECT_EQ(terminal_text("\0a\x1b[31m\x7f\n"s), R"(\x00a\x1b[31m\x7f\x0a)");
    EXPECT_EQ(terminal_text("\x9b\xe2\x80z"), R"(\x9b\xe2\x80z)");
}

}  // namespace
}  // namespace vfswatchd
