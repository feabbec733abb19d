// SPDX-License-Identifier: Apache-2.0
#include "metrics/escape.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace vfswatchd {
namespace {

using namespace std::string_literals;

TEST(LabelText, KeepsPrintableAsciiAndValidUtf8) {
    EXPECT_EQ(label_text("/etc/a file \"quoted\"~"), "/etc/a file \"quoted\"~");
    EXPECT_EQ(label_text("é€😀\U0010ffff\u0080"), "é€😀\U0010ffff\u0080");
    EXPECT_EQ(label_text("\xed\x9f\xbf\xee\x80\x80"),
              "\xed\x9f\xbf\xee\x80\x80");  // around surrogates
    EXPECT_EQ(label_text(""), "");
}

TEST(LabelText, ShowsControlCharactersAndBackslash) {
    EXPECT_EQ(label_text("\0\x01\t\n\x1f\x7f"s), R"(\x00\x01\x09\x0a\x1f\x7f)");
    EXPECT_EQ(label_text(R"(a\xff)"), R"(a\\xff)");
}

TEST(LabelText, ShowsEveryByteThatIsNotUtf8) {
    EXPECT_EQ(label_text("a\xff"), R"(a\xff)");
    EXPECT_EQ(label_text("\x80\xbf"), R"(\x80\xbf)");          // no lead
    EXPECT_EQ(label_text("\xc3"), R"(\xc3)");                  // cut
    EXPECT_EQ(label_text("\xe2\x82z"), R"(\xe2\x82z)");        // cut, text goes on
    EXPECT_EQ(label_text("\xf0\x9f\x98"), R"(\xf0\x9f\x98)");  // cut
    EXPECT_EQ(label_text("\xe2\x82\xc3\xa9"), R"(\xe2\x82)"
                                              "\xc3\xa9");  // cut by a valid one
}

TEST(LabelText, RefusesOverlongFormsSurrogatesAndBeyondUnicode) {
    EXPECT_EQ(label_text("\xc0\xaf"), R"(\xc0\xaf)");
    EXPECT_EQ(label_text("\xc1\x81"), R"(\xc1\x81)");
    EXPECT_EQ(label_text("\xe0\x9f\xbf"), R"(\xe0\x9f\xbf)");
    EXPECT_EQ(label_text("\xf0\x8f\xbf\xbf"), R"(\xf0\x8f\xbf\xbf)");
    EXPECT_EQ(label_text("\xed\xa0\x80"), R"(\xed\xa0\x80)");
    EXPECT_EQ(label_text("\xed\xbf\xbf"), R"(\xed\xbf\xbf)");
    EXPECT_EQ(label_text("\xf4\x90\x80\x80"), R"(\xf4\x90\x80\x80)");
    EXPECT_EQ(label_text("\xf5\x80\x80\x80"), R"(\xf5\x80\x80\x80)");
}

/// All strings over an alphabet in which every rule meets every other.
TEST(LabelText, NeverGivesTwoInputsTheSameText) {
    constexpr std::string_view kBytes = "\\xf0\n\xff\xc3\xa9\xe2\x82\xac";
    std::map<std::string, std::string> inputs_by_text;
    const auto visit = [&](const auto& self, const std::string& prefix) -> void {
        const auto [other, inserted] = inputs_by_text.emplace(label_text(prefix), prefix);
        ASSERT_TRUE(inserted) << other->first;
        if (prefix.size() == 5) return;
        for (const char byte : kBytes)
            self(self, prefix + byte);
    };
    visit(visit, "");
    EXPECT_EQ(inputs_by_text.size(), 177156U);  // 1 + 11 + ... + 11^5
}

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
