// SPDX-License-Identifier: Apache-2.0
#include "live/meter.h"

#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

using std::chrono::milliseconds;

std::string page_of(const std::string& start, const std::string& bytes,
                    const std::string& more = "") {
    return "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds " + start +
           "\n\nvfswatch_series 1\nsomething_else{broken 1\n"
           "vfswatch_file_read_bytes_total{target=\"a\",path=\"/x\"} " +
           bytes + "\nvfswatch_target_read_bytes_total{target=\"a\"} " + bytes + "\n" +
           "vfswatch_target_read_calls_total{target=\"a\"} " + bytes + "\n" + more;
}

class MeterTest : public testing::Test {
  protected:
    Result<std::optional<Interval>> read(const std::string& page,
                                         milliseconds after = milliseconds(500),
                                         std::size_t piece = std::string::npos) {
        time += after;
        meter.begin();
        for (std::size_t at = 0; at < page.size(); at += std::min(piece, page.size() - at)) {
            const auto taken = meter.take(std::string_view(page).substr(at, piece));
            if (taken) continue;
            meter.abandon();
            return fail(taken.error());
        }
        return meter.finish(time);
    }
    std::string fault(const std::string& page) {
        const auto interval = read(page);
        return interval ? "nothing" : interval.error().message();
    }

    Meter meter;
    Meter::Clock::time_point time;
};

TEST_F(MeterTest, MeasuresBetweenTwoPages) {
    EXPECT_EQ(read(page_of("1e9", "100")).value(), std::nullopt);
    const auto interval = read(page_of("1e9", "150")).value();
    ASSERT_TRUE(interval);
    EXPECT_DOUBLE_EQ(interval->seconds, 0.5);
    ASSERT_EQ(interval->files.size(), 1U);
    EXPECT_EQ(interval->files[0].counts.bytes, 50U);
    EXPECT_EQ(*interval->files[0].labels, (Labels{{"path", "/x"}, {"target", "a"}}));
    ASSERT_EQ(interval->targets.size(), 1U);
    EXPECT_EQ(interval->targets[0].counts, (ReadCounts{50, 50, 0, 0}));
    EXPECT_EQ(interval->series, 1U);
    EXPECT_EQ(interval->target_count, 1U);
    EXPECT_FALSE(interval->restarted);
}

TEST_F(MeterTest, PiecesMayEndAnywhere) {
    for (const std::size_t piece : {1U, 2U, 7U, 64U}) {
        meter = Meter();
        ASSERT_TRUE(read(page_of("1e9", "100"), milliseconds(500), piece));
        const auto interval = read(page_of("1e9", "150"), milliseconds(500), piece).value();
        ASSERT_TRUE(interval);
        EXPECT_EQ(interval->files.at(0).counts.bytes, 50U);
    }
}

TEST_F(MeterTest, NewFilesOfOneProcessCountFromZero) {
    ASSERT_TRUE(read(page_of("1e9", "100")));
    const auto interval =
        read(
            page_of("1e9", "100", "vfswatch_file_read_bytes_total{target=\"a\",path=\"/new\"} 7\n"))
            .value();
    ASSERT_EQ(interval->files.size(), 1U);
    EXPECT_EQ(interval->files[0].counts.bytes, 7U);
}

TEST_F(MeterTest, ARestartShowsNoSpike) {
    ASSERT_TRUE(read(page_of("1000000000.5", "100")));
    // Its counts begin at 0, or go on; what is new may be old.
    auto interval =
        read(page_of("1000000100", "90", "vfswatch_file_read_bytes_total{path=\"/o\"} 9\n"))
            .value();
    EXPECT_TRUE(interval->restarted);
    EXPECT_TRUE(interval->files.empty());
    EXPECT_TRUE(interval->targets.empty());
    interval = read(page_of("1000000200", "95")).value();
    EXPECT_TRUE(interval->restarted);
    EXPECT_EQ(interval->files.at(0).counts.bytes, 5U);
    // The clock was set by a second: the same process.
    EXPECT_FALSE(read(page_of("1000000201", "96")).value()->restarted);
}

TEST_F(MeterTest, WithoutAStartNothingIsKnownOfNewSeries) {
    const std::string file = "vfswatch_file_read_bytes_total{path=\"";
    ASSERT_TRUE(read(file + "/x\"} 1\n"));
    const auto interval = read(file + "/x\"} 2\n" + file + "/y\"} 100\n").value();
    ASSERT_EQ(interval->files.size(), 1U);
    EXPECT_EQ(interval->files[0].counts.bytes, 1U);
}

TEST_F(MeterTest, ErrorsOfATargetAreAddedUpOverTheirNumbers) {
    const std::string errors = "vfswatch_target_read_errors_total{target=\"a\",errno=\"";
    ASSERT_TRUE(read(page_of("1e9", "1", errors + "EIO\"} 2\n")));
    const auto interval =
        read(page_of("1e9", "9", errors + "EIO\"} 3\n" + errors + "EAGAIN\"} 4\n")).value();
    EXPECT_EQ(interval->targets.at(0).counts.errors, 5U);
    EXPECT_EQ(interval->target_count, 1U);
}

TEST_F(MeterTest, OverflowIsKnown) {
    const std::string bytes = "vfswatch_overflow_read_bytes_total{target=\"a\",reason=\"";
    const std::string calls = "vfswatch_overflow_read_calls_total{target=\"a\",reason=\"";
    ASSERT_TRUE(read(page_of("1e9", "1", bytes + "map_full\"} 0\n" + calls + "map_full\"} 0\n")));
    const auto interval =
        read(page_of("1e9", "1", bytes + "map_full\"} 64\n" + calls + "map_full\"} 2\n")).value();
    EXPECT_EQ(interval->overflow, (ReadCounts{64, 2, 0, 0}));
}

TEST_F(MeterTest, NotANumberIsLeftOut) {
    ASSERT_TRUE(read(page_of("1e9", "100")));
    EXPECT_TRUE(read(page_of("1e9", "NaN")).value()->files.empty());
}

TEST_F(MeterTest, NamesTheLineThatIsWrong) {
    EXPECT_EQ(fault("# fine\n<html>\n"), "line 2: no metric's name");
    EXPECT_EQ(fault("vfswatch_file_read_bytes_total{a=\"1\",a=\"2\"} 1\n"),
              "line 1: a label is there twice");
    EXPECT_EQ(fault("vfswatch_file_read_bytes_total{a=\"1\"} many\n"),
              "line 1: a value that is no number");
    EXPECT_EQ(fault("\n\nvfswatch_series 1"), "line 3: it has no end");
    EXPECT_EQ(fault("node_load1 0.2\n"), "no metric of vfswatchd's in it");
    EXPECT_EQ(fault(""), "no metric of vfswatchd's in it");
    EXPECT_EQ(fault("a" + std::string(200000, 'a')), "line 1: too long");
}

TEST_F(MeterTest, ABrokenPageIsAsIfItHadNotBeen) {
    ASSERT_TRUE(read(page_of("1e9", "100")));
    EXPECT_FALSE(read(page_of("1e9", "500", "<")));
    EXPECT_FALSE(read(page_of("1e9", "500", "<\n")));
    const auto interval = read(page_of("1e9", "130")).value();
    EXPECT_DOUBLE_EQ(interval->seconds, 1.5);
    EXPECT_EQ(interval->files.at(0).counts.bytes, 30U);
}

}  // namespace
}  // namespace vfswatchd
