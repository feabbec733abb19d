// SPDX-License-Identifier: Apache-2.0
#include "live/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <string>
#include <vector>

#include "live/columns.h"

namespace vfswatchd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Row row(const std::string& target, const std::string& path, const ReadCounts& counts) {
    return {{{"path", path}, {"target", target}}, counts};
}

class LayoutTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
        interval.seconds = 2;
        interval.series = 8412;
        interval.target_count = 3;
        table.rows = {row("postgres", "/var/lib/postgresql/15/main/base/16384/16397",
                          {137789440, 16820, 0, 0}),
                      row("a-target-with-a-very-long-name",
                          "/srv/ウィンターセール-バナー/図書館/ビデオ.webp", {1572864, 3, 5, 0}),
                      row("web", "/etc/mime.types", {0, 1, 1, 0})};
        table.all_rows = 3;
        table.total = {139362304, 16824, 6, 0};
        heading.source = "http://127.0.0.1:9974/metrics";
        heading.time = "15:04:05";
    }
    std::vector<std::string> texts(std::size_t columns, std::size_t lines = 24) const {
        std::vector<std::string> found;
        for (const Line& line :
             lay_out(heading, &interval, &table, choice, {columns, lines, Charset::kUtf8}))
            found.push_back(line.text);
        return found;
    }

    Heading heading;
    Interval interval;
    Table table;
    TableChoice choice;
};

TEST_F(LayoutTest, At80Columns) {
    EXPECT_THAT(
        texts(80),
        ElementsAre(
            "vfswatchctl top  http://127.0.0.1:9974/metrics                          15:04:05",
            "66.5 MiB/s  8.41 k calls/s  3 errors/s  3 targets  8412 series  over 2 s", "",
            "*BYTES/s   CALLS/s      MEAN   ERR/s  TARGET         PATH",
            "65.7 MiB    8.41 k  8.00 KiB       0  postgres       /var/lib/post…e/16384/16397",
            " 768 KiB       1.5   512 KiB     2.5  a-target-wit…  /srv/ウィンタ…/ビデオ.webp",
            "     0 B       0.5       0 B     0.5  web            /etc/mime.types"));
}

TEST_F(LayoutTest, At40ColumnsLessIsShown) {
    EXPECT_THAT(texts(40),
                ElementsAre("vfswatchctl top  http://127.0.0.1:9974/…",
                            "66.5 MiB/s  8.41 k calls/s  3 errors/s …", "",
                            "*BYTES/s   CALLS/s  PATH", "65.7 MiB    8.41 k  /var/lib/…6384/16397",
                            " 768 KiB       1.5  /srv/ウ…/ビデオ.webp",
                            "     0 B       0.5  /etc/mime.types"));
}

TEST_F(LayoutTest, WideLinesCutNothing) {
    for (const std::size_t columns : {120U, 200U, 0U}) {
        const auto lines = texts(columns);
        EXPECT_THAT(lines[4], HasSubstr("/var/lib/postgresql/15/main/base/16384/16397"));
        EXPECT_THAT(lines[5], HasSubstr("/srv/ウィンターセール-バナー/図書館/ビデオ.webp"));
    }
    EXPECT_THAT(texts(200)[5], HasSubstr("a-target-with-a-very-long-name"));
    EXPECT_THAT(texts(0)[0], testing::EndsWith("/metrics  15:04:05"));
}

TEST_F(LayoutTest, NothingIsWiderOrHigherThanTheCanvas) {
    interval.overflow = {1000, 10, 0, 0};
    heading.error = std::string(300, 'x');
    for (const RowKind kind :
         {RowKind::kFile, RowKind::kSeries, RowKind::kTarget, RowKind::kLabel}) {
        choice.by = {kind, "path"};
        for (std::size_t columns = 1; columns <= 210; columns += columns < 60 ? 1 : 15) {
            for (const std::string& line : texts(columns))
                EXPECT_LE(text_columns(line), columns) << line;
        }
    }
    for (std::size_t lines = 1; lines < 10; ++lines)
        EXPECT_EQ(texts(80, lines).size(), std::min<std::size_t>(lines, 7));
    EXPECT_EQ(rows_that_fit({80, 24, Charset::kUtf8}), 20U);
    EXPECT_EQ(rows_that_fit({80, 3, Charset::kUtf8}), 0U);
}

TEST_F(LayoutTest, TheColumnThatSortsIsMarkedAndStays) {
    choice.sort = SortKey::kErrors;
    EXPECT_EQ(texts(80)[3], " BYTES/s   CALLS/s      MEAN  *ERR/s  TARGET         PATH");
    EXPECT_EQ(texts(40)[3], " BYTES/s  *ERR/s  PATH");
    choice.sort = SortKey::kPath;
    EXPECT_THAT(texts(80)[3], testing::EndsWith("*PATH"));
}

TEST_F(LayoutTest, SeriesShowTheirOtherLabels) {
    table.rows[0].labels = {{"comm", "postgres"}, {"path", "/x"}, {"target", "a"}, {"uid", "104"}};
    choice.by = {RowKind::kSeries, ""};
    EXPECT_THAT(texts(120)[3], HasSubstr("TARGET                LABELS                 PATH"));
    EXPECT_THAT(texts(120)[4], HasSubstr("a                     comm=postgres uid=104  /x"));
    EXPECT_THAT(texts(120)[5], HasSubstr("  -   "));
}

TEST_F(LayoutTest, LabelsNameTheirColumn) {
    table.rows[0].labels = {{"comm", "tar"}};
    choice.by = {RowKind::kLabel, "comm"};
    EXPECT_EQ(texts(80)[3], "*BYTES/s   CALLS/s      MEAN   ERR/s  COMM");
    EXPECT_EQ(texts(80)[4], "65.7 MiB    8.41 k  8.00 KiB       0  tar");
    EXPECT_EQ(texts(80)[5], " 768 KiB       1.5   512 KiB     2.5  -");
}

TEST_F(LayoutTest, OneLineSaysWhatIsOdd) {
    table.all_rows = 4000;
    EXPECT_EQ(texts(80)[2], "the first 3 of 4000 that were read");
    table.label_missing = true;
    choice.by = {RowKind::kLabel, "pid"};
    EXPECT_EQ(texts(80)[2],
              "no series has the label pid: add it to the target's `labels` in the configurati…");
    heading.paused = true;
    EXPECT_EQ(texts(80)[2], "paused: space goes on");
    heading.help = true;
    EXPECT_THAT(texts(80)[2], StartsWith("q quit  b bytes"));
    heading.error = "Connection refused\033[2J";
    EXPECT_EQ(texts(80)[2], "Connection refused\\x1b[2J");
    table = {};
    heading = {};
    choice.by = {};
    EXPECT_EQ(texts(80)[2], "nothing was read");
    interval.restarted = true;
    EXPECT_EQ(texts(80)[2], "vfswatchd was started again: counting from now on");
}

TEST_F(LayoutTest, TheTotalsSayWhatTheyAreOf) {
    choice.path = "/x";
    interval.overflow = {2048, 1, 0, 0};
    table.total.errors = 0;
    EXPECT_EQ(texts(200)[1],
              "66.5 MiB/s  8.41 k calls/s  in what matches  3 targets  8412 series  over 2 s  "
              "1.00 KiB/s under no file");
}

TEST_F(LayoutTest, BeforeTheFirstRatesThereIsNoTable) {
    heading.wait_seconds = 2;
    const auto lines = lay_out(heading, nullptr, nullptr, choice, {80, 24, Charset::kUtf8});
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[1].text, "the first rates are there after 2 s");
}

TEST_F(LayoutTest, HasStyles) {
    heading.error = "x";
    const auto lines = lay_out(heading, &interval, &table, choice, {80, 24, Charset::kUtf8});
    EXPECT_EQ(lines[0].style, LineStyle::kTitle);
    EXPECT_EQ(lines[2].style, LineStyle::kError);
    EXPECT_EQ(lines[3].style, LineStyle::kColumns);
    EXPECT_EQ(lines[4].style, LineStyle::kPlain);
}

TEST_F(LayoutTest, AsciiTerminalsGetAscii) {
    for (const Line& line : lay_out(heading, &interval, &table, choice, {80, 24, Charset::kAscii}))
        for (const char c : line.text)
            EXPECT_TRUE(c >= ' ' && c <= '~') << line.text;
}

}  // namespace
}  // namespace vfswatchd
