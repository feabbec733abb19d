// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace vfswatchd {
namespace {

/// What RFC 3629's table makes of a character, one that is none included.
std::string encoded(char32_t value) {
    const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
    const auto tail = [&](unsigned shift) { return byte(0x80U | ((value >> shift) & 0x3fU)); };
    if (value < 0x80) return {byte(value)};
    if (value < 0x800) return {byte(0xc0U | (value >> 6U)), tail(0)};
    if (value < 0x10000) return {byte(0xe0U | (value >> 12U)), tail(6), tail(0)};
    return {byte(0xf0U | (value >> 18U)), tail(12), tail(6), tail(0)};
}

TEST(Utf8, MeasuresEveryCharacterAndGivesItsValue) {
    for (char32_t value = 0; value < 0x110000; ++value) {
        const bool surrogate = value >= 0xd800 && value < 0xe000;
        const std::string text = encoded(value);
        if (utf8_length(text) != (surrogate ? 0 : text.size()) || utf8_value(text) != value)
            FAIL() << std::hex << std::uint32_t{value};
    }
}

TEST(Utf8, LeavesOutWhatComesBehindTheCharacter) {
    EXPECT_EQ(utf8_length("zz"), 1U);
    EXPECT_EQ(utf8_length("é€"), 2U);
    EXPECT_EQ(utf8_length("\U0010ffff\xff"), 4U);
}

void expect_none(std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts)
        EXPECT_EQ(utf8_length(text), 0U) << testing::PrintToString(text);
}

TEST(Utf8, RefusesNothingAndBytesThatBeginNothing) {
    expect_none({"", "\x80", "\xbf", "\xf5\x80\x80\x80", "\xff"});
}

TEST(Utf8, RefusesACharacterThatIsCut) {
    expect_none({"\xc3", "\xe2\x82", "\xf0\x9f\x98"});
    expect_none({"\xc3z", "\xe2\x82z", "\xf0\x9f\x98z", "\xe2\x82\xc3\xa9"});
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndBeyondUnicode) {
    expect_none({"\xc0\xaf", "\xc1\x81", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf"});
    expect_none({"\xed\xa0\x80", "\xed\xbf\xbf"});
    expect_none({"\xf4\x90\x80\x80"});
}

TEST(Utf8, KnowsBytesBehindTheFirst) {
    for (unsigned byte = 0; byte < 256; ++byte)
        EXPECT_EQ(utf8_continues(static_cast<char>(byte)), byte >= 0x80 && byte < 0xc0) << byte;
}

}  // namespace
}  // namespace vfswatchd
