// SPDX-License-Identifier: Apache-2.0
#include "service/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vfswatchd {
namespace {

using testing::HasSubstr;

const std::vector<Finding> kGood = {{"kernel", Finding::State::kOk, "6.1", ""}};
const std::vector<Finding> kBad = {
    {"kernel", Finding::State::kOk, "6.1", ""},
    {"type \"information\"", Finding::State::kMissing, "not\nthere", "boot another"}};

TEST(Doctor, SaysWhetherReadsCanBeCounted) {
    EXPECT_TRUE(can_count(kGood));
    EXPECT_FALSE(can_count(kBad));
    EXPECT_THAT(to_text(kGood), HasSubstr("can count reads exactly"));
    EXPECT_THAT(to_text(kBad), HasSubstr("cannot count reads exactly"));
}

TEST(Doctor, PutsTheRemedyUnderTheFinding) {
    EXPECT_THAT(to_text(kBad), HasSubstr("MISSING  type \"information\": not\nthere\n"
                                         "         -> boot another\n"));
}

TEST(Doctor, WritesJsonThatHoldsQuotesAndNewlines) {
    EXPECT_EQ(to_json(kBad),
              "{\"can_count\":false,\"findings\":["
              "{\"subject\":\"kernel\",\"state\":\"ok\",\"found\":\"6.1\",\"remedy\":\"\"},"
              "{\"subject\":\"type \\\"information\\\"\",\"state\":\"missing\","
              "\"found\":\"not there\",\"remedy\":\"boot another\"}]}\n");
}

}  // namespace
}  // namespace vfswatchd
