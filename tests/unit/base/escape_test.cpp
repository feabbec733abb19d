// SPDX-License-Identifier: Apache-2.0
#include "base/escape.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

namespace vfswatchd {
namespace {

using namespace std::string_literals;

TEST(AppendHex, WritesTwoLowerCaseDigits) {
    std::string out = "x";
    append_hex(out, 0x00);
    append_hex(out, 0xaf);
    EXPECT_EQ(out, "x00af");
}

TEST(AppendEscaped, TakesOneCharacterOrOneByte) {
    std::string out;
    EXPECT_EQ(append_escaped(out, "€uro"), 3U);
    EXPECT_EQ(append_escaped(out, "\xe2\x82uro"), 1U);
    EXPECT_EQ(append_escaped(out, "\nx"), 1U);
    EXPECT_EQ(append_escaped(out, "\\x"), 1U);
    EXPECT_EQ(out, "€\\xe2\\x0a\\");
}

TEST(EscapedText, KeepsPrintableAsciiAndValidUtf8) {
    EXPECT_EQ(escaped_text("/etc/a file \"quoted\"~"), "/etc/a file \"quoted\"~");
    EXPECT_EQ(escaped_text("é€😀\U0010ffff\u0080"), "é€😀\U0010ffff\u0080");
    EXPECT_EQ(escaped_text("\xed\x9f\xbf\xee\x80\x80"),
              "\xed\x9f\xbf\xee\x80\x80");  // around surrogates
    EXPECT_EQ(escaped_text(""), "");
}

TEST(EscapedText, ShowsControlCharactersAndBackslash) {
    EXPECT_EQ(escaped_text("\0\x01\t\n\x1f\x7f"s), R"(\x00\x01\x09\x0a\x1f\x7f)");
    EXPECT_EQ(escaped_text(R"(a\xff)"), R"(a\\xff)");
}

TEST(EscapedText, ShowsEveryByteThatIsNotUtf8) {
    EXPECT_EQ(escaped_text("a\xff"), R"(a\xff)");
    EXPECT_EQ(escaped_text("\x80\xbf"), R"(\x80\xbf)");          // no lead
    EXPECT_EQ(escaped_text("\xc3"), R"(\xc3)");                  // cut
    EXPECT_EQ(escaped_text("\xe2\x82z"), R"(\xe2\x82z)");        // cut, text goes on
    EXPECT_EQ(escaped_text("\xf0\x9f\x98"), R"(\xf0\x9f\x98)");  // cut
    EXPECT_EQ(escaped_text("\xe2\x82\xc3\xa9"), R"(\xe2\x82)"
                                                "\xc3\xa9");  // cut by a valid one
}

TEST(EscapedText, RefusesOverlongFormsSurrogatesAndBeyondUnicode) {
    EXPECT_EQ(escaped_text("\xc0\xaf"), R"(\xc0\xaf)");
    EXPECT_EQ(escaped_text("\xc1\x81"), R"(\xc1\x81)");
    EXPECT_EQ(escaped_text("\xe0\x9f\xbf"), R"(\xe0\x9f\xbf)");
    EXPECT_EQ(escaped_text("\xf0\x8f\xbf\xbf"), R"(\xf0\x8f\xbf\xbf)");
    EXPECT_EQ(escaped_text("\xed\xa0\x80"), R"(\xed\xa0\x80)");
    EXPECT_EQ(escaped_text("\xed\xbf\xbf"), R"(\xed\xbf\xbf)");
    EXPECT_EQ(escaped_text("\xf4\x90\x80\x80"), R"(\xf4\x90\x80\x80)");
    EXPECT_EQ(escaped_text("\xf5\x80\x80\x80"), R"(\xf5\x80\x80\x80)");
}

/// All strings over an alphabet in which every rule meets every other.
TEST(EscapedText, NeverGivesTwoInputsTheSameText) {
    constexpr std::string_view kBytes = "\\xf0\n\xff\xc3\xa9\xe2\x82\xac";
    std::map<std::string, std::string> inputs_by_text;
    const auto visit = [&](const auto& self, const std::string& prefix) -> void {
        const auto [other, inserted] = inputs_by_text.emplace(escaped_text(prefix), prefix);
        ASSERT_TRUE(inserted) << other->first;
        if (prefix.size() == 5) return;
        for (const char byte : kBytes)
            self(self, prefix + byte);
    };
    visit(visit, "");
    EXPECT_EQ(inputs_by_text.size(), 177156U);  // 1 + 11 + ... + 11^5
}

}  // namespace
}  // namespace vfswatchd
