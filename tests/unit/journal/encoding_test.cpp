// SPDX-License-Identifier: Apache-2.0
#include "journal/encoding.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "clean_line.h"

namespace vfswatchd {
namespace {

using namespace std::string_literals;

constexpr SnippetEncoding kText = SnippetEncoding::kText;
constexpr SnippetEncoding kHex = SnippetEncoding::kHex;
constexpr SnippetEncoding kBase64 = SnippetEncoding::kBase64;

/// Bytes in which all that the encodings treat apart is as frequent as the rest.
class RandomBytes {
  public:
    std::string next() {
        static constexpr std::string_view kPieces[] = {
            "\n",     "\t",     "\r",     "\\",     "\"",         "\\x41",    "=",    "\xc3\xa9",
            "\u0085", "\u200b", "\u202e", "\ufeff", "\U0001f600", "\xe2\x80", "\xff", "ab",
        };
        std::string bytes;
        for (std::size_t left = up_to(20); left > 0; --left) {
            if (up_to(1) == 0)
                bytes += static_cast<char>(up_to(255));
            else
                bytes += kPieces[up_to(std::size(kPieces) - 1)];
        }
        return bytes;
    }

    std::size_t up_to(std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random_);
    }

  private:
    std::mt19937 random_{20261125};
};

void expect_malformed(SnippetEncoding encoding, std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) {
        // Without the NUL of a literal, so that ASan sees who reads on.
        const std::vector<char> alone(text.begin(), text.end());
        EXPECT_EQ(decode(encoding, {alone.data(), alone.size()}), std::nullopt)
            << testing::PrintToString(text);
    }
}

TEST(Encoding, WritesTextInCStyle) {
    EXPECT_EQ(encode(kText, "a b~ é€😀"), "a b~ é€😀");
    EXPECT_EQ(encode(kText, "\n\t\r\\\""), R"(\n\t\r\\\")");
    EXPECT_EQ(encode(kText, "\0\x1b\x7f\xff\xc3(\u009b\u202e"s),
              R"(\x00\x1b\x7f\xff\xc3(\xc2\x9b\xe2\x80\xae)");
    EXPECT_EQ(encode(kText, "1\xe2\x82"), R"(1\xe2\x82)");  // cut by the sample's end
    EXPECT_EQ(encode(kText, ""), "");
}

TEST(Encoding, WritesHex) {
    EXPECT_EQ(encode(kHex, "\0\x0f\xf0 hel"s), "000ff02068656c");
    EXPECT_EQ(encode(kHex, ""), "");
}

// Source: RFC 4648, section 10.
TEST(Encoding, WritesBase64) {
    EXPECT_EQ(encode(kBase64, ""), "");
    EXPECT_EQ(encode(kBase64, "f"), "Zg==");
    EXPECT_EQ(encode(kBase64, "fo"), "Zm8=");
    EXPECT_EQ(encode(kBase64, "foo"), "Zm9v");
    EXPECT_EQ(encode(kBase64, "foob"), "Zm9vYg==");
    EXPECT_EQ(encode(kBase64, "fooba"), "Zm9vYmE=");
    EXPECT_EQ(encode(kBase64, "foobar"), "Zm9vYmFy");
    EXPECT_EQ(encode(kBase64, "\xfb\xef\xff\xff\0\0"s), "++///wAA");
}

TEST(Encoding, ComesBackAsItWas) {
    RandomBytes random;
    for (int i = 0; i < 10'000; ++i) {
        const std::string bytes = random.next();
        for (const SnippetEncodingWord& each : kSnippetEncodings) {
            const std::string text = encode(each.encoding, bytes);
            ASSERT_TRUE(is_clean_line(text)) << each.word << ": " << text;
            ASSERT_EQ(decode(each.encoding, text), bytes) << each.word << ": " << text;
        }
    }
}

TEST(Encoding, ComesBackByteByByte) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const std::string bytes(1, static_cast<char>(byte));
        for (const SnippetEncodingWord& each : kSnippetEncodings)
            EXPECT_EQ(decode(each.encoding, encode(each.encoding, bytes)), bytes) << byte;
    }
}

/// Whatever is taken is what encode() writes, so no two texts are taken for the same bytes.
TEST(Decoding, TakesNothingThatIsNotWrittenSo) {
    constexpr std::string_view kBytes = "\\x\"ntr0aAf=+/g \n\xc3\xa9";
    RandomBytes random;
    for (int i = 0; i < 20'000; ++i) {
        std::string text = random.next();
        const bool few = random.up_to(1) == 0;
        for (char& byte : text)
            if (few) byte = kBytes[random.up_to(kBytes.size() - 1)];
        for (const SnippetEncodingWord& each : kSnippetEncodings) {
            const auto bytes = decode(each.encoding, text);
            ASSERT_TRUE(!bytes || encode(each.encoding, *bytes) == text) << each.word << text;
        }
    }
}

TEST(Decoding, RefusesTextThatIsMalformed) {
    expect_malformed(kText, {"\\", "a\\", "\\x", "\\x1", "\\x1g", "\\xFF", "\\a", "\\0", "\\'"});
    expect_malformed(kText, {"a\nb", "\t", "\"", "\x7f", "\x1b[0m", "\xff", "\xe2\x82", "\u202e"});
    expect_malformed(kText, {std::string_view("\0", 1)});
    expect_malformed(kText, {"\\x41", "\\x0a", "\\x22", "\\xc3\\xa9"});  // needless
    EXPECT_EQ(decode(kText, R"(a\x00\\x41\xc3é\")"), "a\0\\x41\xc3é\""s);
}

TEST(Decoding, RefusesHexThatIsMalformed) {
    expect_malformed(kHex, {"0", "000", "0g", "g0", "FF", " 00", "00 ", "0x00", "00\n"});
    EXPECT_EQ(decode(kHex, "00ff"), "\0\xff"s);
}

TEST(Decoding, RefusesBase64ThatIsMalformed) {
    expect_malformed(kBase64, {"Z", "Zg", "Zg=", "Zm8", "Zm9vY", "Zg===", "Zm8==", "Zm9v="});
    expect_malformed(kBase64, {"=", "====", "Z=g=", "Zg==Zg==", "Zg= ="});
    expect_malformed(kBase64, {"Zh==", "Zm9="});  // bits that are not 0 behind the last byte
    expect_malformed(kBase64, {" Zg==", "Zg==\n", "Zm 8=", "Zm-_", "Zg==!"});
    EXPECT_EQ(decode(kBase64, "AP8="), "\0\xff"s);
}

}  // namespace
}  // namespace vfswatchd
