// SPDX-License-Identifier: Apache-2.0
#include "metrics/table_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "snapshots.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr SeriesTable::TimePoint kStart{std::chrono::hours(1)};

TEST(TableMetrics, ShowsEveryTargetFromTheStart) {
    const SeriesTable table({{"a", {}, "", ""}, {"b", {}, "", ""}}, {5, std::chrono::minutes(1)});
    const std::string text = render_table_metrics(table);
    EXPECT_THAT(text, HasSubstr("\nvfswatch_target_read_bytes_total{target=\"b\"} 0\n"));
    EXPECT_THAT(
        text,
        HasSubstr("\nvfswatch_overflow_read_calls_total{target=\"a\",reason=\"map_full\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_series 0\n"));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_series_limit 5\n"));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_paths_truncated_total 0\n"));
}

TEST(TableMetrics, SaysWhereNoPathCouldBeRead) {
    SeriesTable table({{"a", {}, "", ""}}, {5, std::chrono::minutes(1)});
    ReadSnapshot snapshot = make_snapshot({}, {});
    snapshot.overflow = {{700, 3, 0, 0}};
    table.apply(snapshot, kStart);
    EXPECT_THAT(render_table_metrics(table), Not(HasSubstr("path_hidden")));
    snapshot.paths_hidden = true;
    snapshot.overflow = {{900, 5, 0, 0}};
    table.apply(snapshot, kStart);
    const std::string text = render_table_metrics(table);
    const std::string overflow = "\nvfswatch_overflow_read_bytes_total{target=\"a\",reason=";
    EXPECT_THAT(text, HasSubstr(overflow + "\"map_full\"} 700\n"));
    EXPECT_THAT(text, HasSubstr(overflow + "\"path_hidden\"} 200\n"));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_target_read_bytes_total{target=\"a\"} 900\n"));
}

TEST(TableMetrics, HasNoFamilyThatHasNoSample) {
    const SeriesTable table({}, {5, std::chrono::minutes(1)});
    EXPECT_THAT(render_table_metrics(table), Not(HasSubstr("target_read")));
    EXPECT_THAT(render_table_metrics(table), Not(HasSubstr("unattributed")));
    EXPECT_THAT(render_table_metrics(table), Not(HasSubstr("vfswatch_overflow")));
}

TEST(TableMetrics, WritesCountersExactlyAbove2To53) {
    SeriesTable table({{"a", {}, "", ""}}, {0, std::chrono::minutes(1)});
    ReadSnapshot snapshot =
        make_snapshot({make_sum(1, 1, 1, {kAbove2To53, 1, 0, 0})}, {{1, "/a", true}});
    snapshot.overflow = {{kAbove2To53, 1, 0, 0}};
    snapshot.errnos = {{0, EIO, kAbove2To53}};
    snapshot.unattributed = {{"task_table_full", {kAbove2To53, 3, 0, 0}}};
    table.apply(snapshot, kStart);
    const std::string text = render_table_metrics(table);
    const std::string value = " 9007199254740993\n";
    for (const std::string& sample :
         {std::string(R"(overflow_read_bytes_total{target="a",reason="series_limit"})"),
          std::string(R"(overflow_read_bytes_total{target="a",reason="map_full"})"),
          std::string(R"(target_read_errors_total{target="a",errno="EIO"})"),
          std::string(R"(unattributed_read_bytes_total{reason="task_table_full"})")}) {
        EXPECT_THAT(text, HasSubstr("\nvfswatch_" + sample + value));
    }
    EXPECT_THAT(text, HasSubstr("vfswatch_target_read_bytes_total{target=\"a\"} "
                                "18014398509481986\n"));
    EXPECT_THAT(text, HasSubstr("unattributed_read_calls_total{reason=\"task_table_full\"} 3\n"));
}

TEST(TableMetrics, CountSeriesWithoutTheirWholePath) {
    SeriesTable table({{"a", {}, "", ""}}, {10, std::chrono::minutes(1)});
    table.apply(make_snapshot({make_sum(1, 1, 1, {1, 1, 0, 0}), make_sum(2, 1, 2, {1, 1, 0, 0}),
                               make_sum(3, 1, 3, {1, 1, 0, 0})},
                              {{1, "/1", true}, {2, "/2", true}, {3, "/3", false, true}}),
                kStart);
    const std::string text = render_table_metrics(table);
    EXPECT_THAT(text, HasSubstr("\nvfswatch_paths_truncated_total 2\n"));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_paths_unresolved_total 1\n"));
}

TEST(TableMetrics, PutErrorsWithoutACountOfTheirOwnUnderOther) {
    SeriesTable table({{"a", {}, "", ""}}, {0, std::chrono::minutes(1)});
    ReadSnapshot snapshot;
    snapshot.errnos = {{0, 0, 3}};
    table.apply(snapshot, kStart);
    EXPECT_THAT(render_table_metrics(table),
                HasSubstr("\nvfswatch_target_read_errors_total{target=\"a\",errno=\"other\"} 3\n"));
}

TEST(TableMetrics, ShowsDurationsOfTargetsThatAskForThem) {
    SeriesTable table({{"a", {}, "", ""}, {"b", {}, "", "", true}, {"c", {}, "", "", true}},
                      {0, std::chrono::minutes(1)});
    ReadSnapshot snapshot;
    snapshot.durations.resize(3);
    snapshot.durations[0].buckets[0] = 9;
    snapshot.durations[1].buckets[0] = 7;
    table.apply(snapshot, kStart);
    const std::string text = render_table_metrics(table);
    EXPECT_THAT(text, Not(HasSubstr("seconds_count{target=\"a\"}")));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_target_read_duration_seconds_count{target=\"b\"} 7\n"));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_target_read_duration_seconds_count{target=\"c\"} 0\n"));
    const std::string type = "# TYPE vfswatch_target_read_duration_seconds histogram\n";
    EXPECT_THAT(text, HasSubstr(type));
    EXPECT_EQ(text.find(type), text.rfind(type));
}

TEST(TableMetrics, ShowsTheNumberOfAnErrorWithoutAName) {
    SeriesTable table({{"a", {}, "", ""}}, {0, std::chrono::minutes(1)});
    ReadSnapshot snapshot;
    snapshot.errnos = {{0, 4000, 3}};
    table.apply(snapshot, kStart);
    EXPECT_THAT(render_table_metrics(table),
                HasSubstr("\nvfswatch_target_read_errors_total{target=\"a\",errno=\"4000\"} 3\n"));
}

TEST(TableMetrics, SaysNothingOfDurationsWhereNoTargetAsks) {
    SeriesTable table({{"a", {}, "", ""}}, {0, std::chrono::minutes(1)});
    ReadSnapshot snapshot;
    snapshot.durations.resize(1);
    snapshot.durations[0].buckets[3] = 9;
    table.apply(snapshot, kStart);
    EXPECT_THAT(render_table_metrics(table), Not(HasSubstr("duration")));
}

}  // namespace
}  // namespace vfswatchd
