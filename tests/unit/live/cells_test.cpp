// SPDX-License-Identifier: Apache-2.0
#include "live/cells.h"

#include <gtest/gtest.h>

#include <clocale>
#include <string>

namespace vfswatchd {
namespace {

class CellsTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr); }
};

TEST_F(CellsTest, MeasuresWideAndCombiningCharacters) {
    EXPECT_EQ(text_columns(""), 0U);
    EXPECT_EQ(text_columns("/a b"), 4U);
    EXPECT_EQ(text_columns("ü"), 1U);
    EXPECT_EQ(text_columns("u\u0308"), 1U);
    EXPECT_EQ(text_columns("日本"), 4U);
    EXPECT_EQ(text_columns("😀"), 2U);
}

TEST_F(CellsTest, ShowsWhatTheTerminalCan) {
    EXPECT_EQ(shown_text("/a\\x1f ü日", Charset::kUtf8), "/a\\x1f ü日");
    EXPECT_EQ(shown_text("ü日", Charset::kAscii), "\\xc3\\xbc\\xe6\\x97\\xa5");
    for (const Charset charset : {Charset::kAscii, Charset::kUtf8}) {
        EXPECT_EQ(shown_text("a\x1b[2J\n", charset), "a\\x1b[2J\\x0a");
        EXPECT_EQ(shown_text("a\u202e", charset), "a\\xe2\\x80\\xae");
        EXPECT_EQ(shown_text("a\xff", charset), "a\\xff");
    }
    // No character has this number: nobody knows its width.
    EXPECT_EQ(shown_text("\U000e0080", Charset::kUtf8), "\\xf3\\xa0\\x82\\x80");
}

TEST_F(CellsTest, CutsTheEnd) {
    EXPECT_EQ(cut_end("abcdef", 6, Charset::kUtf8), "abcdef");
    EXPECT_EQ(cut_end("abcdef", 5, Charset::kUtf8), "abcd…");
    EXPECT_EQ(cut_end("abcdef", 5, Charset::kAscii), "abc..");
    EXPECT_EQ(cut_end("日本語", 4, Charset::kUtf8), "日…");
    EXPECT_EQ(cut_end("abcdef", 0, Charset::kUtf8), "");
    EXPECT_EQ(cut_end("abcdef", 1, Charset::kAscii), ".");
}

TEST_F(CellsTest, CutsTheMiddleOfAPath) {
    const std::string path = "/var/lib/postgresql/15/main/base/16384/2619";
    EXPECT_EQ(cut_middle(path, 43, Charset::kUtf8), path);
    EXPECT_EQ(cut_middle(path, 21, Charset::kUtf8), "/var/lib/p…16384/2619");
    EXPECT_EQ(cut_middle(path, 21, Charset::kAscii), "/var/lib/..16384/2619");
}

TEST_F(CellsTest, KeepsALongNameAndABeginning) {
    EXPECT_EQ(cut_middle("/srv/www/static/application.js", 25, Charset::kUtf8),
              "/srv/www/…/application.js");
    EXPECT_EQ(cut_middle("/srv/" + std::string(50, 'n'), 21, Charset::kUtf8),
              "/srv/…" + std::string(15, 'n'));
    EXPECT_EQ(cut_middle("nameless" + std::string(50, 'n'), 9, Charset::kUtf8), "name…nnnn");
}

TEST_F(CellsTest, NeverCutsThroughACharacter) {
    const std::string path = "/日本語/ビデオ/u\u0308bung/ウィンターセール.webp";
    for (std::size_t columns = 0; columns <= text_columns(path); ++columns) {
        for (const std::string& cut :
             {cut_middle(path, columns, Charset::kUtf8), cut_end(path, columns, Charset::kUtf8)}) {
            EXPECT_LE(text_columns(cut), columns);
            EXPECT_EQ(shown_text(cut, Charset::kUtf8), cut);
        }
    }
}

TEST_F(CellsTest, Pads) {
    EXPECT_EQ(pad_end("日", 4), "日  ");
    EXPECT_EQ(pad_begin("日", 4), "  日");
    EXPECT_EQ(pad_end("abc", 2), "abc");
    EXPECT_EQ(pad_begin("abc", 2), "abc");
}

}  // namespace
}  // namespace vfswatchd
