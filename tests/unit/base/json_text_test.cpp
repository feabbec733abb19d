// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

using namespace std::string_literals;

TEST(JsonText, QuotesAndEscapes) {
    EXPECT_EQ(json_text(""), R"("")");
    EXPECT_EQ(json_text(R"(/a "b" \x1f ü)"), R"("/a \"b\" \\x1f ü")");
    EXPECT_EQ(json_text("\0\n\x7f"s), R"("\u0000\u000a\u007f")");
}

TEST(JsonText, EscapesWhatCouldFoolATerminal) {
    EXPECT_EQ(json_text("a\u009b\u202e\u200b"), R"("a\u009b\u202e\u200b")");
}

TEST(JsonText, ReplacesWhatIsNoUtf8) {
    EXPECT_EQ(json_text("\xff\xe2\x80z"), R"("\ufffd\ufffd\ufffdz")");
}

}  // namespace
}  // namespace vfswatchd
