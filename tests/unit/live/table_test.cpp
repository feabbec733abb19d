// SPDX-License-Identifier: Apache-2.0
#include "live/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vfswatchd {
namespace {

using testing::ElementsAre;

Growth growth(const std::string& target, const std::string& path, const std::string& comm,
              const ReadCounts& counts) {
    return {
        std::make_shared<const Labels>(Labels{{"comm", comm}, {"path", path}, {"target", target}}),
        counts};
}

class TableTest : public testing::Test {
  protected:
    void SetUp() override {
        interval.seconds = 2;
        interval.files = {growth("a", "/small", "cat", {100, 10, 3, 0}),
                          growth("a", "/big", "cat", {1000, 2, 0, 0}),
                          growth("b", "/mid", "tar", {500, 1, 1, 0}),
                          growth("a", "/small", "tar", {150, 5, 0, 0})};
        interval.targets = {
            {std::make_shared<const Labels>(Labels{{"target", "a"}}), {2250, 17, 3, 0}},
            {std::make_shared<const Labels>(Labels{{"target", "b"}}), {500, 1, 1, 0}}};
        choice.most_rows = 10;
    }
    std::vector<std::string> column(const std::string& label) const {
        std::vector<std::string> values;
        for (const Row& row : make_table(interval, choice).rows)
            values.emplace_back(label_value(row.labels, label));
        return values;
    }

    Interval interval;
    TableChoice choice;
};

TEST_F(TableTest, AFileIsARow) {
    EXPECT_THAT(column("path"), ElementsAre("/big", "/mid", "/small"));
    const Table table = make_table(interval, choice);
    EXPECT_EQ(table.rows[2].counts, (ReadCounts{250, 15, 3, 0}));
    EXPECT_EQ(table.all_rows, 3U);
    EXPECT_EQ(table.total, (ReadCounts{2750, 18, 4, 0}));
}

TEST_F(TableTest, IsSortedByWhatIsAskedFor) {
    choice.sort = SortKey::kCalls;
    EXPECT_THAT(column("path"), ElementsAre("/small", "/big", "/mid"));
    choice.sort = SortKey::kSize;
    EXPECT_THAT(column("path"), ElementsAre("/big", "/mid", "/small"));
    choice.sort = SortKey::kErrors;
    EXPECT_THAT(column("path"), ElementsAre("/small", "/mid", "/big"));
    choice.sort = SortKey::kPath;
    EXPECT_THAT(column("path"), ElementsAre("/big", "/mid", "/small"));
}

TEST_F(TableTest, EqualRowsAreInTheOrderOfTheirPaths) {
    interval.files = {growth("a", "/c", "", {1, 1, 0, 0}), growth("b", "/b", "", {1, 1, 0, 0}),
                      growth("a", "/b", "", {1, 1, 0, 0})};
    for (const SortKey key : {SortKey::kBytes, SortKey::kCalls, SortKey::kSize, SortKey::kErrors}) {
        choice.sort = key;
        EXPECT_THAT(column("path"), ElementsAre("/b", "/b", "/c"));
        EXPECT_THAT(column("target"), ElementsAre("a", "b", "a"));
    }
}

TEST_F(TableTest, MeanSizesOfHugeCountsAreComparedExactly) {
    interval.files = {growth("a", "/less", "", {18446744073709551614U, 3, 0, 0}),
                      growth("a", "/more", "", {18446744073709551615U, 3, 0, 0}),
                      growth("a", "/none", "", {1, 0, 0, 0})};
    choice.sort = SortKey::kSize;
    EXPECT_THAT(column("path"), ElementsAre("/more", "/less", "/none"));
}

TEST_F(TableTest, HasNotMoreRowsThanAskedFor) {
    choice.most_rows = 1;
    EXPECT_THAT(column("path"), ElementsAre("/big"));
    EXPECT_EQ(make_table(interval, choice).all_rows, 3U);
    choice.most_rows = 0;
    EXPECT_TRUE(make_table(interval, choice).rows.empty());
}

TEST_F(TableTest, ASeriesIsARow) {
    choice.by = {RowKind::kSeries, ""};
    EXPECT_THAT(column("path"), ElementsAre("/big", "/mid", "/small", "/small"));
    EXPECT_THAT(column("comm"), ElementsAre("cat", "tar", "tar", "cat"));
}

TEST_F(TableTest, ATargetIsARowWithAllThatItRead) {
    choice.by = {RowKind::kTarget, ""};
    EXPECT_THAT(column("target"), ElementsAre("a", "b"));
    EXPECT_EQ(make_table(interval, choice).rows[0].counts.bytes, 2250U);
    choice.path = "/big";
    EXPECT_THAT(column("target"), ElementsAre("a"));
    EXPECT_EQ(make_table(interval, choice).rows[0].counts.bytes, 1000U);
}

TEST_F(TableTest, ALabelsValueIsARow) {
    choice.by = {RowKind::kLabel, "comm"};
    EXPECT_THAT(column("comm"), ElementsAre("cat", "tar"));
    EXPECT_FALSE(make_table(interval, choice).label_missing);
    choice.by.label = "pid";
    EXPECT_TRUE(make_table(interval, choice).label_missing);
    interval.files.clear();
    EXPECT_FALSE(make_table(interval, choice).label_missing);
}

TEST_F(TableTest, PathsAreChosen) {
    choice.path = "i";
    EXPECT_THAT(column("path"), ElementsAre("/big", "/mid"));
    EXPECT_EQ(make_table(interval, choice).total, (ReadCounts{1500, 3, 1, 0}));
    choice.path = "/?i?";
    EXPECT_THAT(column("path"), ElementsAre("/big", "/mid"));
}

TEST(MatchesPath, TakesPartsAndPatterns) {
    EXPECT_TRUE(matches_path("nginx", "/var/log/nginx/access.log"));
    EXPECT_FALSE(matches_path("Nginx", "/var/log/nginx/access.log"));
    EXPECT_TRUE(matches_path("/var/*.log", "/var/log/nginx/access.log"));
    EXPECT_FALSE(matches_path("*.lo", "/var/log/nginx/access.log"));
    EXPECT_TRUE(matches_path("/[a-c]", "/b"));
    EXPECT_TRUE(matches_path("\\x1f", "/a\\x1f"));
    EXPECT_TRUE(matches_path("*\\x1f", "/a\\x1f"));
}

TEST(SortKeys, HaveNames) {
    for (const char* name : {"bytes", "calls", "size", "errors", "path"})
        EXPECT_EQ(sort_key_name(sort_key_of(name).value()), name);
    EXPECT_EQ(sort_key_of("name"), std::nullopt);
}

}  // namespace
}  // namespace vfswatchd
