// SPDX-License-Identifier: Apache-2.0
#include "metrics/escape.h"

#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

TEST(ExpositionEscape, EscapesQuoteBackslashAndNewline) {
    std::string out = "x";
    append_exposition_escaped(out, "a\"b\\c\nd€");
    EXPECT_EQ(out, R"(xa\"b\\c\nd€)");
}

TEST(AppendLabel, EscapesBothWays) {
    std::string out;
    append_label(out, "path", "/a\"b\\c\nd\xff");
    EXPECT_EQ(out, R"(path="/a\"b\\\\c\\x0ad\\xff")");
}

}  // namespace
}  // namespace vfswatchd
