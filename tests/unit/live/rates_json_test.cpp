// SPDX-License-Identifier: Apache-2.0
#include "live/rates_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

using testing::HasSubstr;

class RatesJson : public testing::Test {
  protected:
    void SetUp() override {
        interval.seconds = 2;
        interval.series = 3;
        interval.target_count = 1;
        table.rows = {
            {{{"path", "/a \"b\"\\x1f\u202e"}, {"target", "t"}}, {9007199254740993U, 2, 1, 0}}};
        table.all_rows = 2;
        table.total = {10, 4, 0, 0};
    }
    std::string text() const {
        return rates_json("http://h/metrics", std::chrono::system_clock::from_time_t(1764091201),
                          interval, table, choice);
    }

    Interval interval;
    Table table;
    TableChoice choice;
};

TEST_F(RatesJson, IsAnObjectOnALine) {
    EXPECT_EQ(
        text(),
        "{\"time\":\"2025-11-25T17:20:01Z\",\"source\":\"http://h/metrics\","
        "\"interval_seconds\":2,\"restarted\":false,\"targets\":1,\"series\":3,\"by\":\"file\","
        "\"sort\":\"bytes\",\"total\":{\"bytes\":10,\"calls\":4,\"errors\":0,"
        "\"bytes_per_second\":5,\"calls_per_second\":2,\"errors_per_second\":0},"
        "\"overflow\":{\"bytes\":0,\"calls\":0,\"errors\":0,\"bytes_per_second\":0,"
        "\"calls_per_second\":0,\"errors_per_second\":0},\"all_rows\":2,\"rows\":["
        "{\"labels\":{\"path\":\"/a \\\"b\\\"\\\\x1f\\u202e\",\"target\":\"t\"},"
        "\"bytes\":9007199254740993,\"calls\":2,\"errors\":1,"
        "\"bytes_per_second\":4503599627370496,\"calls_per_second\":1,\"errors_per_second\":0.5,"
        "\"mean_read_bytes\":4503599627370496}]}\n");
}

TEST_F(RatesJson, AMeanOfNoCallsIsNull) {
    table.rows[0].counts = {1, 0, 0, 0};
    EXPECT_THAT(text(), HasSubstr(",\"mean_read_bytes\":null}]}"));
}

TEST_F(RatesJson, NamesTheLabelThatMakesTheRows) {
    choice.by = {RowKind::kLabel, "comm"};
    choice.sort = SortKey::kSize;
    EXPECT_THAT(text(), HasSubstr("\"by\":\"comm\",\"sort\":\"size\""));
}

TEST_F(RatesJson, MayHaveNoRows) {
    table.rows.clear();
    EXPECT_THAT(text(), HasSubstr(",\"rows\":[]}\n"));
}

}  // namespace
}  // namespace vfswatchd
