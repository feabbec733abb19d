// SPDX-License-Identifier: Apache-2.0
#include "metrics/series_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "metrics/cgroup_names.h"
#include "metrics/series_labels.h"
#include "snapshots.h"

namespace vfswatchd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr SeriesTable::TimePoint kStart{std::chrono::hours(1)};
constexpr SeriesLimits kLimits{100, minutes(15)};
constexpr LabelFields kAllFields{.pid = true,
                                 .comm = true,
                                 .uid = true,
                                 .unit = true,
                                 .cgroup = true,
                                 .device = true,
                                 .inode = true,
                                 .call = true};

TEST(SeriesTable, NamesAFilesReads) {
    SeriesTable table({{"db", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 7, {100, 2, 1, 1})}, {{7, "/a", false}}), kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="db",path="/a"} 100/2/1/1)"));
    EXPECT_EQ(table.books()[0].total, (ReadCounts{100, 2, 1, 1}));
    EXPECT_EQ(table.series_count(), 1U);
}

TEST(SeriesTable, ShowsTheFieldsThatATargetAsksFor) {
    SeriesTable table({{"plain", {}, "", ""}, {"full", kAllFields, "", ""}}, kLimits);
    ReadSnapshot snapshot = make_snapshot({make_sum(1, 3, 1, {5, 1, 0, 0},
                                                    {.tgid = 42,
                                                     .uid = 33,
                                                     .comm = "sixteen-bytes-ab",
                                                     .call = 1234,
                                                     .cgroup = 77,
                                                     .inode = 18446744073709551615U,
                                                     .device = 259U << 20 | 7})},
                                          {{1, "/a", false}});
    snapshot.new_cgroups = {{77, "/system.slice/db.service/worker"}};
    table.apply(snapshot, kStart);
    EXPECT_THAT(series_of(table),
                ElementsAre(R"({target="full",path="/a",pid="42",comm="sixteen-bytes-ab",uid="33",)"
                            R"(unit="db.service",cgroup="/system.slice/db.service/worker",)"
                            R"(device="259:7",inode="18446744073709551615",call="syscall_1233"})"
                            " 5/1/0/0",
                            R"({target="plain",path="/a"} 5/1/0/0)"));
}

TEST(SeriesTable, NamesTheCallThatRead) {
    SeriesTable table({{"a", {.call = true}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {5, 1, 0, 0}, {.call = SYS_pread64 + 1}),
                               make_sum(2, 1, 1, {7, 1, 0, 0}, {.call = SYS_read + 1})},
                              {{1, "/a", false}}),
                kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/a",call="pread64"} 5/1/0/0)",
                                              R"({target="a",path="/a",call="read"} 7/1/0/0)"));
}

TEST(SeriesTable, ShowsACallThatIsNotKnownAsAnEmptyLabel) {
    SeriesTable table({{"a", {.call = true}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {5, 1, 0, 0}, {.call = 0})}, {{1, "/a", false}}),
                kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/a",call=""} 5/1/0/0)"));
}

TEST(SeriesTable, MergesSumsWhereATargetDoesNotTellThemApart) {
    SeriesTable table({{"pids", {true, false, false}, "", ""}, {"files", {}, "", ""}}, kLimits);
    table.apply(
        make_snapshot({make_sum(1, 3, 1, {10, 1, 0, 0}, {41}),
                       make_sum(2, 3, 1, {20, 2, 0, 0}, {42}), make_sum(3, 2, 1, {400, 4, 0, 0})},
                      {{1, "/a", false}}),
        kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="files",path="/a"} 430/7/0/0)",
                                              R"({target="pids",path="/a",pid="41"} 10/1/0/0)",
                                              R"({target="pids",path="/a",pid="42"} 20/2/0/0)"));
    EXPECT_EQ(table.books()[0].total.bytes, 30U);
    EXPECT_EQ(table.books()[1].total.bytes, 430U);
}

TEST(SeriesTable, MergesFilesThatHeldTheSamePath) {
    SeriesTable table({{"log", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {10, 1, 0, 0})}, {{1, "/log", false}}), kStart);
    table.apply(make_snapshot({make_sum(1, 1, 1, {10, 1, 0, 0}), make_sum(2, 1, 2, {5, 1, 0, 0})},
                              {{2, "/log", false}}),
                kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="log",path="/log"} 15/2/0/0)"));
}

TEST(SeriesTable, StaysExactAbove2To53) {
    SeriesTable table({{"db", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {kAbove2To53 - 1, 1, 0, 0})}, {{1, "/a", false}}),
                kStart);
    table.apply(make_snapshot({make_sum(1, 1, 1, {kAbove2To53, 2, 0, 0})}), kStart);
    EXPECT_EQ(table.rows().at(0).counts.bytes, kAbove2To53);
    EXPECT_EQ(table.books()[0].total.bytes, kAbove2To53);
}

TEST(SeriesTable, NeverFallsWhenASnapshotShowsLess) {
    SeriesTable table({{"db", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {100, 10, 1, 1})}, {{1, "/a", false}}), kStart);
    table.apply(make_snapshot({make_sum(1, 1, 1, {60, 11, 0, 1})}), kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="db",path="/a"} 100/11/1/1)"));
    table.apply(make_snapshot({}), kStart);
    table.apply(make_snapshot({make_sum(1, 1, 1, {101, 12, 1, 1})}), kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="db",path="/a"} 101/12/1/1)"));
    EXPECT_EQ(table.books()[0].total, (ReadCounts{101, 12, 1, 1}));
}

/// Two sums that only grow, seen through snapshots that lag, in any order of names.
TEST(SeriesTable, IsMonotonicAndCompleteOverTornSnapshots) {
    SeriesTable table({{"pids", {true, false, false}, "", ""}, {"files", {}, "", ""}}, kLimits);
    std::mt19937 random(1);
    const auto up_to = [&](std::uint64_t limit) { return random() % (limit + 1); };
    std::vector<ReadCounts> truth(4);
    std::map<std::string, ReadCounts> published;
    for (int step = 0; step < 2000; ++step) {
        ReadSnapshot snapshot;
        for (std::uint32_t i = 0; i < truth.size(); ++i) {
            truth[i].bytes += up_to(1000);
            truth[i].calls += 1;
            ReadCounts torn = truth[i];
            torn.bytes -= std::min<std::uint64_t>(torn.bytes, up_to(1500));
            torn.calls -= up_to(1);
            snapshot.sums.push_back(make_sum(i + 1, 3, i / 2, torn, {i}));
        }
        if (step == 3) snapshot.new_names = {{0, "/a", false}};
        if (step == 900) snapshot.new_names = {{1, "/b", false}};
        table.apply(snapshot, kStart + seconds(step));
        for (const SeriesRow& row : table.rows()) {
            ReadCounts& before = published[std::string(row.labels.view())];
            ASSERT_GE(row.counts.bytes, before.bytes);
            ASSERT_GE(row.counts.calls, before.calls);
            before = row.counts;
        }
    }
    ReadSnapshot settled;
    for (std::uint32_t i = 0; i < truth.size(); ++i) {
        settled.sums.push_back(make_sum(i + 1, 3, i / 2, truth[i], {i}));
    }
    table.apply(settled, kStart + seconds(2000));
    const auto bytes_of = [&](const std::string& labels) {
        for (const SeriesRow& row : table.rows()) {
            if (row.labels.view() == labels) return row.counts.bytes;
        }
        return std::uint64_t{0};
    };
    EXPECT_EQ(bytes_of(R"({target="pids",path="/b",pid="3"})"), truth[3].bytes);
    EXPECT_EQ(bytes_of(R"({target="files",path="/a"})"), truth[0].bytes + truth[1].bytes);
    EXPECT_EQ(table.books()[1].total.bytes,
              truth[0].bytes + truth[1].bytes + truth[2].bytes + truth[3].bytes);
}

TEST(SeriesTable, OwesASeriesWhatWasReadBeforeItsNameWasKnown) {
    SeriesTable table({{"db", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 7, {10, 1, 0, 0})}), kStart);
    table.apply(make_snapshot({make_sum(1, 1, 7, {30, 2, 0, 0})}), kStart);
    EXPECT_THAT(series_of(table), IsEmpty());
    EXPECT_EQ(table.books()[0].total.bytes, 30U);

    table.apply(make_snapshot({make_sum(1, 1, 7, {30, 2, 0, 0})}, {{7, "/late", false}}), kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="db",path="/late"} 30/2/0/0)"));
    EXPECT_EQ(table.books()[0].total.bytes, 30U);
}

TEST(SeriesTable, MakesNoSeriesOfASumWithoutReads) {
    SeriesTable table({{"db", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {}), make_sum(2, 1, 2, {0, 0, 1, 0})},
                              {{1, "/none", false}, {2, "/failed", false}}),
                kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="db",path="/failed"} 0/0/1/0)"));
    table.apply(make_snapshot({make_sum(1, 1, 1, {0, 1, 0, 1})}), kStart);
    EXPECT_EQ(table.series_count(), 2U);
}

TEST(SeriesTable, KeepsWhatFindsNoSeriesInTheOverflow) {
    SeriesTable table({{"a", {}, "", ""}, {"b", {}, "", ""}}, {2, minutes(15)});
    const std::vector<FileName> names = {{1, "/1", false}, {2, "/2", false}, {3, "/3", false}};
    table.apply(make_snapshot({make_sum(1, 1, 1, {1, 1, 0, 0}), make_sum(2, 3, 2, {20, 2, 0, 0}),
                               make_sum(3, 2, 3, {300, 3, 0, 0})},
                              names),
                kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/1"} 1/1/0/0)",
                                              R"({target="a",path="/2"} 20/2/0/0)"));
    EXPECT_EQ(table.books()[0].over_series_limit.bytes, 0U);
    EXPECT_EQ(table.books()[1].over_series_limit, (ReadCounts{320, 5, 0, 0}));
    EXPECT_EQ(table.books()[1].total, (ReadCounts{320, 5, 0, 0}));
}

TEST(SeriesTable, StaysInTheOverflowWhenRoomComes) {
    SeriesTable table({{"a", {}, "", ""}}, {1, minutes(15)});
    table.apply(make_snapshot({make_sum(1, 1, 1, {1, 1, 0, 0}), make_sum(2, 1, 2, {10, 1, 0, 0})},
                              {{1, "/1", false}, {2, "/2", false}, {3, "/3", false}}),
                kStart);
    const auto later = kStart + minutes(20);
    table.apply(make_snapshot({}), later);
    ASSERT_EQ(table.series_count(), 0U);
    table.apply(make_snapshot({make_sum(2, 1, 2, {15, 2, 0, 0}), make_sum(3, 1, 3, {7, 1, 0, 0})}),
                later);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/3"} 7/1/0/0)"));
    EXPECT_EQ(table.books()[0].over_series_limit, (ReadCounts{15, 2, 0, 0}));
    EXPECT_EQ(table.books()[0].total.bytes, 23U);
}

TEST(SeriesTable, FeedsAFullTablesExistingSeriesFromNewSums) {
    SeriesTable table({{"a", {}, "", ""}}, {1, minutes(15)});
    table.apply(make_snapshot({make_sum(1, 1, 1, {1, 1, 0, 0}), make_sum(2, 1, 2, {10, 1, 0, 0})},
                              {{1, "/log", false}, {2, "/log", false}}),
                kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/log"} 11/2/0/0)"));
}

TEST(SeriesTable, CountsTheKernelsOverflow) {
    SeriesTable table({{"a", {}, "", ""}, {"b", {}, "", ""}}, kLimits);
    ReadSnapshot snapshot;
    snapshot.overflow = {{0, 0, 0, 0}, {500, 5, 0, 0}};
    table.apply(snapshot, kStart);
    snapshot.overflow = {{0, 0, 0, 0}, {400, 6, 0, 0}};
    table.apply(snapshot, kStart);
    EXPECT_EQ(table.books()[1].over_map_full, (ReadCounts{500, 6, 0, 0}));
    EXPECT_EQ(table.books()[1].total, (ReadCounts{500, 6, 0, 0}));
    EXPECT_EQ(table.books()[0].total, ReadCounts{});
}

TEST(SeriesTable, CountsErrorsByTargetAndErrno) {
    SeriesTable table({{"a", {}, "", ""}, {"b", {}, "", ""}}, kLimits);
    ReadSnapshot snapshot;
    snapshot.errnos = {{0, 5, 10}, {1, 5, 1}, {1, 11, 7}};
    table.apply(snapshot, kStart);
    snapshot.errnos = {{0, 5, 9}, {1, 5, 2}, {0, 0, 4}};
    table.apply(snapshot, kStart);
    EXPECT_EQ(table.books()[0].errnos, (std::map<int, std::uint64_t>{{0, 4}, {5, 10}}));
    EXPECT_EQ(table.books()[1].errnos, (std::map<int, std::uint64_t>{{5, 2}, {11, 7}}));
}

TEST(SeriesTable, LeavesOutErrorsThatNeverOccurred) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    ReadSnapshot snapshot;
    snapshot.errnos = {{0, 5, 0}};
    table.apply(snapshot, kStart);
    EXPECT_THAT(table.books()[0].errnos, IsEmpty());
}

ReadDurations durations_of(std::uint64_t first, std::uint64_t last, std::uint64_t sum_ns) {
    ReadDurations durations;
    durations.buckets.front() = first;
    durations.buckets.back() = last;
    durations.sum_ns = sum_ns;
    return durations;
}

TEST(SeriesTable, KeepsTheMostOfEachDuration) {
    SeriesTable table({{"a", {}, "", "", true}, {"b", {}, "", "", true}}, kLimits);
    ReadSnapshot snapshot;
    snapshot.durations = {durations_of(4, 2, 900), durations_of(0, 1, 5)};
    table.apply(snapshot, kStart);
    snapshot.durations = {durations_of(3, 5, 800)};
    table.apply(snapshot, kStart);
    EXPECT_EQ(table.books()[0].durations, durations_of(4, 5, 900));
    EXPECT_EQ(table.books()[1].durations, durations_of(0, 1, 5));
}

TEST(SeriesTable, KeepsTheMostOfWhatWasUnattributed) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    ReadSnapshot snapshot;
    snapshot.unattributed = {{"task_table_full", {9, 3, 0, 0}}, {"path_unresolved", {}}};
    table.apply(snapshot, kStart);
    snapshot.unattributed = {{"task_table_full", {8, 4, 0, 0}}};
    table.apply(snapshot, kStart);
    EXPECT_EQ(table.unattributed(),
              (std::map<std::string, ReadCounts>{{"path_unresolved", {}},
                                                 {"task_table_full", {9, 4, 0, 0}}}));
}

TEST(SeriesTable, DropsAnIdleSeriesAndLetsItReturnFromZero) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    const auto idle = [](std::uint64_t bytes) {
        return make_snapshot({make_sum(1, 1, 1, {bytes, bytes, 0, 0})});
    };
    table.apply(make_snapshot({make_sum(1, 1, 1, {100, 100, 0, 0})}, {{1, "/a", false}}), kStart);
    table.apply(idle(100), kStart + minutes(14));
    EXPECT_EQ(table.series_count(), 1U);
    table.apply(idle(100), kStart + minutes(15));
    EXPECT_EQ(table.series_count(), 0U);
    EXPECT_THAT(table.rows(), IsEmpty());

    table.apply(idle(100), kStart + minutes(16));
    EXPECT_EQ(table.series_count(), 0U);
    table.apply(idle(103), kStart + minutes(17));
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/a"} 3/3/0/0)"));
    EXPECT_EQ(table.books()[0].total.bytes, 103U);
}

TEST(SeriesTable, StaysWhileOneOfItsSumsGrows) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {1, 1, 0, 0}), make_sum(2, 1, 2, {1, 1, 0, 0})},
                              {{1, "/log", false}, {2, "/log", false}}),
                kStart);
    table.apply(make_snapshot({make_sum(2, 1, 2, {2, 2, 0, 0})}), kStart + minutes(10));
    table.apply(make_snapshot({}), kStart + minutes(20));
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/log"} 3/3/0/0)"));
}

TEST(SeriesTable, KeepsAReusedSlotApartFromTheSeriesThatLeft) {
    SeriesTable table({{"a", {}, "", ""}}, {1, minutes(15)});
    table.apply(make_snapshot({make_sum(1, 1, 1, {100, 1, 0, 0})},
                              {{1, "/old", false}, {2, "/new", false}}),
                kStart);
    const auto later = kStart + minutes(15);
    table.apply(make_snapshot({}), later);
    table.apply(make_snapshot({make_sum(2, 1, 2, {7, 1, 0, 0})}), later);
    table.apply(make_snapshot({make_sum(1, 1, 1, {101, 2, 0, 0})}), later);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/new"} 7/1/0/0)"));
    EXPECT_EQ(table.books()[0].over_series_limit, (ReadCounts{1, 1, 0, 0}));
}

TEST(SeriesTable, KeepsAwkwardNamesDistinct) {
    std::string long_utf8;
    while (long_utf8.size() < 252)
        long_utf8 += "€";
    const std::vector<std::string> paths = {"/a\"",
                                            "/a\\",
                                            "/a\n",
                                            "/a\\n",
                                            "/a\xff",
                                            "/a\\xff",
                                            "/a\\\\",
                                            "/a\\x0a",
                                            "/" + long_utf8 + "abc",
                                            "/a",
                                            "/" + long_utf8 + "abd"};
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    ReadSnapshot snapshot;
    for (std::uint32_t i = 0; i < paths.size(); ++i) {
        snapshot.new_names.push_back({i, paths[i], false});
        snapshot.sums.push_back(make_sum(i + 1, 1, i, {i, 1, 0, 0}));
    }
    table.apply(snapshot, kStart);
    EXPECT_EQ(table.series_count(), paths.size());
    EXPECT_THAT(series_of(table),
                testing::Contains("{target=\"a\",path=\"/" + long_utf8 + "abd\"} 10/1/0/0"));
}

TEST(SeriesTable, CountsASeriesWithoutItsWholePathOnce) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    const std::vector<FileName> names = {
        {1, "/cut", true, false}, {2, "/whole", false, false}, {3, "/reader's", false, true}};
    const std::vector<ReadSum> sums = {
        make_sum(1, 1, 1, {1, 1, 0, 0}), make_sum(2, 1, 2, {1, 1, 0, 0}),
        make_sum(3, 1, 3, {1, 1, 0, 0}), make_sum(4, 1, 1, {1, 1, 0, 0})};
    table.apply(make_snapshot(sums, names), kStart);
    table.apply(make_snapshot({}, names), kStart);
    EXPECT_EQ(table.paths_truncated(), 1U);
    EXPECT_EQ(table.paths_unresolved(), 1U);
}

TEST(SeriesTable, WaitsForTheCgroupThatALabelShows) {
    SeriesTable table({{"a", {.unit = true}, "", ""}}, kLimits);
    const ReadSum sum = make_sum(1, 1, 1, {5, 1, 0, 0}, {.cgroup = 9});
    table.apply(make_snapshot({sum}, {{1, "/a"}}), kStart);
    EXPECT_THAT(series_of(table), IsEmpty());
    EXPECT_EQ(table.books()[0].total.bytes, 5U);
    ReadSnapshot told = make_snapshot({sum});
    told.new_cgroups = {{9, "/a.slice/b.scope"}};
    table.apply(told, kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/a",unit="b.scope"} 5/1/0/0)"));
}

TEST(SeriesTable, NamesTheSumsThatNobodyReads) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    const std::vector<FileName> names = {{1, "/1"}, {2, "/2"}};
    table.apply(
        make_snapshot({make_sum(1, 1, 1, {5, 1, 0, 0}), make_sum(2, 1, 2, {5, 1, 0, 0})}, names),
        kStart);
    const auto later = kStart + kLimits.idle_timeout;
    EXPECT_THAT(table.idle_sums(later - seconds(1)), IsEmpty());
    table.apply(make_snapshot({make_sum(1, 1, 1, {5, 1, 0, 0}), make_sum(2, 1, 2, {5, 2, 0, 0})}),
                later);
    EXPECT_THAT(table.idle_sums(later), ElementsAre(1U));
}

/// An id comes back as another file's, whose counts begin at 0.
TEST(SeriesTable, TellsARetiredSumFromTheNextOneOfItsId) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {100, 1, 0, 0})}, {{1, "/old"}}), kStart);
    // What came behind the last snapshot is in the last counts.
    table.retire(make_sum(1, 1, 1, {130, 2, 0, 0}), kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/old"} 130/2/0/0)"));
    EXPECT_EQ(table.books()[0].total, (ReadCounts{130, 2, 0, 0}));
    EXPECT_THAT(table.idle_sums(kStart + minutes(60)), IsEmpty());

    table.apply(make_snapshot({make_sum(1, 1, 2, {7, 1, 0, 0})}, {{2, "/new"}}), kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/new"} 7/1/0/0)",
                                              R"({target="a",path="/old"} 130/2/0/0)"));
    EXPECT_EQ(table.books()[0].total, (ReadCounts{137, 3, 0, 0}));
}

TEST(SeriesTable, PutsWhatIsRetiredWithoutAPathIntoTheOverflow) {
    SeriesTable table({{"a", {}, "", ""}, {"b", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 2, 1, {100, 1, 0, 0})}), kStart);
    table.retire(make_sum(1, 2, 1, {130, 2, 0, 0}), kStart);
    EXPECT_EQ(table.books()[0].over_map_full, ReadCounts{});
    EXPECT_EQ(table.books()[1].over_map_full, (ReadCounts{130, 2, 0, 0}));
    EXPECT_EQ(table.books()[1].total, (ReadCounts{130, 2, 0, 0}));
    EXPECT_EQ(table.known_paths(), 0U);
}

TEST(SeriesTable, KeepsAPathWhileThereIsASumOfIt) {
    SeriesTable table({{"a", {.pid = true}, "", ""}}, kLimits);
    table.apply(
        make_snapshot({make_sum(1, 1, 1, {1, 1, 0, 0}, {1}), make_sum(2, 1, 1, {0, 0, 0, 0}, {2})},
                      {{1, "/a"}}),
        kStart);
    table.retire(make_sum(1, 1, 1, {1, 1, 0, 0}, {1}), kStart);
    table.apply(make_snapshot({make_sum(2, 1, 1, {3, 1, 0, 0}, {2})}), kStart);
    EXPECT_THAT(series_of(table), ElementsAre(R"({target="a",path="/a",pid="1"} 1/1/0/0)",
                                              R"({target="a",path="/a",pid="2"} 3/1/0/0)"));
    table.retire(make_sum(2, 1, 1, {3, 1, 0, 0}, {2}), kStart);
    EXPECT_EQ(table.known_paths(), 0U);
}

TEST(UnitOf, IsWhatSystemdWouldSay) {
    const std::map<std::string, std::string> units = {
        {"/", ""},
        {"/init.scope", "init.scope"},
        {"/system.slice/db.service", "db.service"},
        {"/system.slice/system-db.slice/db@1.service/worker/deep", "db@1.service"},
        {"/user.slice/user-0.slice/user@0.service/app.slice/a.service", "user@0.service"},
        {"/user.slice/user-0.slice", ""},
        {"/system.slice/_odd.service", "odd.service"},
        {"/payload", ""},
        {"/payload/a.service", ""},
    };
    for (const auto& [cgroup, unit] : units)
        EXPECT_EQ(unit_of(cgroup), unit) << cgroup;
}

TEST(CgroupNames, KeepWhatIsHeldAndSomeOfTheRest) {
    CgroupNames names;
    names.learn({1, "/held"});
    names.hold(1);
    for (std::uint64_t id = 2; id < 5 * std::uint64_t{VFSWATCH_MAX_CGROUPS}; ++id) {
        names.learn({id, "/" + std::to_string(id)});
        names.hold(id);
        names.release(id);
    }
    EXPECT_LE(names.size(), 2U * VFSWATCH_MAX_CGROUPS + 1);
    ASSERT_NE(names.path_of(1), nullptr);
    EXPECT_EQ(*names.path_of(1), "/held");
    EXPECT_EQ(names.path_of(2), nullptr);
    EXPECT_NE(names.path_of(5 * std::uint64_t{VFSWATCH_MAX_CGROUPS} - 1), nullptr);
}

TEST(SeriesTable, IgnoresTargetsThatItDoesNotKnow) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, ~TargetMask{0}, 1, {1, 1, 0, 0})}, {{1, "/a", false}}),
                kStart);
    EXPECT_EQ(table.series_count(), 1U);
    ReadSnapshot snapshot;
    snapshot.errnos = {{1, 5, 1}};
    snapshot.overflow.resize(2);
    snapshot.durations.resize(2);
    table.apply(snapshot, kStart);
    EXPECT_THAT(table.books(), testing::SizeIs(1));
}

TEST(SeriesTable, ServesSixtyFourTargets) {
    std::vector<Target> targets;
    for (int i = 0; i < 64; ++i)
        targets.push_back({"t" + std::to_string(i), {}, "", ""});
    SeriesTable table(targets, kLimits);
    table.apply(make_snapshot({make_sum(1, ~TargetMask{0}, 1, {3, 1, 0, 0})}, {{1, "/a", false}}),
                kStart);
    EXPECT_EQ(table.series_count(), 64U);
    EXPECT_EQ(table.books()[63].total.bytes, 3U);
}

TEST(SeriesTable, GivesRowsThatOutliveTheSeries) {
    SeriesTable table({{"a", {}, "", ""}}, kLimits);
    table.apply(make_snapshot({make_sum(1, 1, 1, {3, 1, 0, 0})}, {{1, "/a", false}}), kStart);
    const std::vector<SeriesRow> rows = table.rows();
    table.apply(make_snapshot({}), kStart + minutes(15));
    ASSERT_EQ(table.series_count(), 0U);
    EXPECT_EQ(rows.at(0).labels.view(), R"({target="a",path="/a"})");
}

/// A table whose targets change while its sums go on.
class ChangingTargets : public testing::Test {
  protected:
    static Target named(const std::string& name) { return {name, {}, "", ""}; }

    SeriesTable table_{{named("a"), named("b")}, {10, seconds(100)}};
    const SeriesTable::TimePoint start_{std::chrono::hours(1)};
};

TEST_F(ChangingTargets, OneThatStaysKeepsItsCountsWhereverItStands) {
    table_.apply(make_snapshot({make_sum(1, 0b11, 7, {10, 1, 0, 0})}, {{7, "/x", false}}), start_);
    table_.change_targets({named("new"), named("b"), named("a")}, {2, 1, 0}, {10, seconds(100)},
                          start_);
    table_.apply(
        make_snapshot({make_sum(1, 0b11, 7, {15, 2, 0, 0}), make_sum(2, 0b100, 7, {3, 1, 0, 0})}),
        start_);
    EXPECT_THAT(series_of(table_), ElementsAre(R"({target="a",path="/x"} 15/2/0/0)",
                                               R"({target="b",path="/x"} 15/2/0/0)",
                                               R"({target="new",path="/x"} 3/1/0/0)"));
    EXPECT_EQ(table_.books()[2].total.bytes, 15U);
    EXPECT_EQ(table_.books()[0].total.bytes, 3U);
}

TEST_F(ChangingTargets, OneThatLeavesTakesItsSeriesAlong) {
    table_.apply(make_snapshot({make_sum(1, 0b11, 7, {10, 1, 0, 0})}, {{7, "/x", false}}), start_);
    table_.change_targets({named("b")}, {1}, {10, seconds(100)}, start_);
    // A read of its time ends; it is b's too.
    table_.apply(make_snapshot({make_sum(1, 0b11, 7, {15, 2, 0, 0})}), start_);
    EXPECT_THAT(series_of(table_), ElementsAre(R"({target="b",path="/x"} 15/2/0/0)"));
    // Nobody may find it any more, but a read under way may end.
    EXPECT_THAT(table_.idle_sums(start_), IsEmpty());
    table_.change_targets({named("b")}, {1}, {10, seconds(100)}, start_ + seconds(1));
    EXPECT_THAT(table_.idle_sums(start_ + seconds(1)), ElementsAre(1U));
    EXPECT_EQ(table_.series_count(), 1U);
}

TEST_F(ChangingTargets, ASumGivesWayToAnotherOfItsPath) {
    table_.apply(
        make_snapshot({make_sum(1, 0b01, 7, {10, 1, 0, 0}), make_sum(2, 0b01, 8, {10, 1, 0, 0})},
                      {{7, "/x", false}, {8, "/y", false}}),
        start_);
    table_.change_targets({named("a"), named("b"), named("new")}, {0, 1, 2}, {10, seconds(100)},
                          start_ + seconds(1));
    EXPECT_THAT(table_.idle_sums(start_ + seconds(1)), IsEmpty());
    table_.apply(
        make_snapshot({make_sum(1, 0b01, 7, {10, 1, 0, 0}), make_sum(2, 0b01, 8, {10, 1, 0, 0}),
                       make_sum(3, 0b101, 7, {5, 1, 0, 0})}),
        start_ + seconds(2));
    EXPECT_THAT(table_.idle_sums(start_ + seconds(2)), ElementsAre(1U));
}

TEST_F(ChangingTargets, OneThatComesAgainStartsFromZero) {
    table_.apply(make_snapshot({make_sum(1, 0b01, 7, {10, 1, 0, 0})}, {{7, "/x", false}}), start_);
    table_.change_targets({named("b")}, {1}, {10, seconds(100)}, start_);
    table_.change_targets({named("b"), named("a")}, {1, 2}, {10, seconds(100)}, start_);
    table_.apply(
        make_snapshot({make_sum(1, 0b01, 7, {12, 2, 0, 0}), make_sum(3, 0b100, 7, {5, 1, 0, 0})}),
        start_);
    EXPECT_THAT(series_of(table_), ElementsAre(R"({target="a",path="/x"} 5/1/0/0)"));
}

TEST_F(ChangingTargets, AnotherBitOfTheSameNameAddsToIt) {
    table_.apply(make_snapshot({make_sum(1, 0b01, 7, {10, 1, 0, 0})}, {{7, "/x", false}}), start_);
    table_.change_targets({named("a")}, {5}, {10, seconds(100)}, start_);
    table_.apply(make_snapshot(
                     {make_sum(1, 0b01, 7, {12, 2, 0, 0}), make_sum(2, 0b100000, 7, {5, 1, 0, 0})}),
                 start_);
    EXPECT_THAT(series_of(table_), ElementsAre(R"({target="a",path="/x"} 17/3/0/0)"));
}

TEST_F(ChangingTargets, ABitsNextOwnerIsNotChargedWithTheFormers) {
    ReadSnapshot snapshot;
    snapshot.overflow = {{100, 10, 0, 0}, {7, 1, 0, 0}};
    snapshot.errnos = {{0, 5, 3}};
    snapshot.durations.resize(1);
    snapshot.durations[0].buckets[2] = 4;
    snapshot.durations[0].sum_ns = 40;
    table_.apply(snapshot, start_);
    table_.change_targets({named("new"), named("b")}, {0, 1}, {10, seconds(100)}, start_);
    snapshot.overflow = {{101, 11, 0, 0}, {7, 1, 0, 0}};
    snapshot.errnos = {{0, 5, 4}};
    snapshot.durations[0].buckets[2] = 5;
    snapshot.durations[0].sum_ns = 47;
    table_.apply(snapshot, start_);
    const TargetBooks& books = table_.books()[0];
    EXPECT_EQ(books.total, (ReadCounts{1, 1, 0, 0}));
    EXPECT_EQ(books.over_map_full, (ReadCounts{1, 1, 0, 0}));
    EXPECT_EQ(books.errnos.at(5), 1U);
    EXPECT_EQ(books.durations.buckets[2], 1U);
    EXPECT_EQ(books.durations.sum_ns, 7U);
    EXPECT_EQ(table_.books()[1].total, (ReadCounts{7, 1, 0, 0}));
}

TEST_F(ChangingTargets, MoreSeriesTakeWhatHadNoPlace) {
    table_.change_targets({named("a")}, {0}, {1, seconds(100)}, start_);
    table_.apply(make_snapshot({make_sum(1, 1, 7, {10, 1, 0, 0}), make_sum(2, 1, 8, {20, 2, 0, 0})},
                               {{7, "/x", false}, {8, "/y", false}}),
                 start_);
    EXPECT_EQ(table_.books()[0].over_series_limit.bytes, 20U);
    table_.change_targets({named("a")}, {0}, {2, seconds(100)}, start_);
    table_.apply(
        make_snapshot({make_sum(1, 1, 7, {10, 1, 0, 0}), make_sum(2, 1, 8, {25, 3, 0, 0})}),
        start_);
    EXPECT_THAT(series_of(table_), ElementsAre(R"({target="a",path="/x"} 10/1/0/0)",
                                               R"({target="a",path="/y"} 5/1/0/0)"));
    EXPECT_EQ(table_.books()[0].over_series_limit.bytes, 20U);
}

}  // namespace
}  // namespace vfswatchd
