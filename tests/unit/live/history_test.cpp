// SPDX-License-Identifier: Apache-2.0
#include "live/history.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace vfswatchd {
namespace {

using Bytes = std::map<std::string, std::uint64_t>;

class HistoryTest : public testing::Test {
  protected:
    void add(const Bytes& page) {
        history.begin_page();
        for (const auto& [labels, bytes] : page)
            ASSERT_TRUE(history.add(labels, &ReadCounts::bytes, bytes));
    }
    Bytes grown(const Bytes& page, NewSeries began = NewSeries::kAtZero) {
        add(page);
        Bytes bytes;
        for (const Growth& growth : history.keep_page(began))
            bytes[std::string(label_value(*growth.labels, "a"))] += growth.counts.bytes;
        return bytes;
    }

    History history{3};
};

TEST_F(HistoryTest, SaysWhatGrew) {
    grown({{R"(a="1")", 10}, {R"(a="2")", 20}, {R"(a="3")", 5}});
    EXPECT_EQ(grown({{R"(a="1")", 15}, {R"(a="2")", 20}, {R"(a="3")", 6}}),
              (Bytes{{"1", 5}, {"3", 1}}));
    EXPECT_EQ(history.size(), 3U);
}

TEST_F(HistoryTest, ADifferenceAbove2To53IsExact) {
    grown({{R"(a="1")", 9007199254740992U}});
    EXPECT_EQ(grown({{R"(a="1")", 9007199254740993U}}), (Bytes{{"1", 1}}));
}

TEST_F(HistoryTest, NewSeriesCountFromZeroWhereThatIsKnown) {
    grown({}, NewSeries::kUnknown);
    EXPECT_EQ(grown({{R"(a="1")", 7}}), (Bytes{{"1", 7}}));
    EXPECT_EQ(grown({{R"(a="1")", 8}, {R"(a="2")", 9}}, NewSeries::kUnknown), (Bytes{{"1", 1}}));
}

TEST_F(HistoryTest, AValueThatFellNeverGivesLessThanNothing) {
    grown({{R"(a="1")", 100}});
    EXPECT_EQ(grown({{R"(a="1")", 40}}, NewSeries::kUnknown), Bytes());
    EXPECT_EQ(grown({{R"(a="1")", 50}}), (Bytes{{"1", 10}}));
    EXPECT_EQ(grown({{R"(a="1")", 3}}, NewSeries::kAtZero), (Bytes{{"1", 3}}));
}

TEST_F(HistoryTest, ASeriesThatLeftIsNewWhenItComesBack) {
    grown({{R"(a="1")", 100}});
    EXPECT_EQ(grown({}), Bytes());
    EXPECT_EQ(history.size(), 0U);
    EXPECT_EQ(grown({{R"(a="1")", 104}}, NewSeries::kUnknown), Bytes());
    EXPECT_EQ(grown({{R"(a="1")", 105}}), (Bytes{{"1", 1}}));
}

TEST_F(HistoryTest, TheOrderOfLabelsDoesNotMatter) {
    grown({{R"(a="1",b="x")", 10}});
    EXPECT_EQ(grown({{R"(b="x",a="1")", 15}}), (Bytes{{"1", 5}}));
    EXPECT_EQ(grown({{R"(a="1",b="x")", 16}}), (Bytes{{"1", 1}}));
    EXPECT_EQ(history.size(), 1U);
}

TEST_F(HistoryTest, LabelsThatOnlyLookAlikeAreTwoSeries) {
    EXPECT_EQ(grown({{R"(a="1",b="")", 1}, {R"(a="1b")", 2}}), (Bytes{{"1", 1}, {"1b", 2}}));
}

TEST_F(HistoryTest, ABrokenPageChangesNothing) {
    grown({{R"(a="1")", 10}, {R"(a="2")", 10}});
    add({{R"(a="1")", 500}, {R"(a="3")", 500}});
    history.drop_page();
    EXPECT_EQ(history.size(), 2U);
    EXPECT_EQ(grown({{R"(a="1")", 11}, {R"(a="2")", 12}, {R"(a="3")", 501}}, NewSeries::kUnknown),
              (Bytes{{"1", 1}, {"2", 2}}));
}

TEST_F(HistoryTest, ABrokenFirstPageIsForgotten) {
    add({{R"(a="1")", 500}});
    history.drop_page();
    EXPECT_EQ(history.size(), 0U);
    EXPECT_EQ(grown({{R"(a="1")", 600}}, NewSeries::kUnknown), Bytes());
}

TEST_F(HistoryTest, KeepsTheCountsOfAPageApart) {
    std::vector<Growth> grown;
    for (const ReadCounts& counts : {ReadCounts{100, 10, 0, 0}, ReadCounts{200, 20, 3, 0}}) {
        history.begin_page();
        ASSERT_TRUE(history.add(R"(a="1")", &ReadCounts::bytes, counts.bytes));
        ASSERT_TRUE(history.add(R"(a="1")", &ReadCounts::calls, counts.calls));
        ASSERT_TRUE(history.add(R"(a="1")", &ReadCounts::errors, counts.errors));
        grown = history.keep_page(NewSeries::kUnknown);
    }
    EXPECT_EQ(grown.at(0).counts, (ReadCounts{100, 10, 3, 0}));
}

TEST_F(HistoryTest, IsBounded) {
    add({{R"(a="1")", 1}, {R"(a="2")", 1}, {R"(a="3")", 1}});
    const auto added = history.add(R"(a="4")", &ReadCounts::bytes, 1);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().message(), "more than 3 series");
}

}  // namespace
}  // namespace vfswatchd
