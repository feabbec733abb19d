// SPDX-License-Identifier: Apache-2.0
#include "service/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

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

const MethodTrial kExact = {true, true, {}};
const MethodTrial kMisses = {true, false, plain_error("it missed 3 of 10 reads")};
const MethodTrial kRefused = {false, false, plain_error("no")};

/// What is said of the ends of reads, where these methods were tried and one was chosen.
std::vector<Finding> ends_of_reads(std::vector<RungOutcome<ExitMethod>> tried, ExitMethod chosen) {
    LadderOutcome outcome;
    outcome.accounting = {{AccountingMethod::kLsm, kExact}};
    outcome.exit = std::move(tried);
    outcome.chosen = {AccountingMethod::kLsm, chosen};
    auto findings = judge_ladders(outcome);
    findings.erase(findings.begin());
    return findings;
}

TEST(Doctor, NamesTheDropInWhereTheMethodThatIsExactNeedsIt) {
    const auto findings = ends_of_reads(
        {{ExitMethod::kFexit, kMisses}, {ExitMethod::kKprobe, kExact}}, ExitMethod::kKprobe);
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].remedy, "");
    EXPECT_EQ(findings[1].state, Finding::State::kWarning);
    EXPECT_THAT(findings[1].found, HasSubstr("chosen"));
    EXPECT_THAT(findings[1].remedy, HasSubstr("kprobe-method.conf"));
    EXPECT_TRUE(can_count(findings));
}

TEST(Doctor, NamesTheDropInWhereWhatIsChosenMisses) {
    const auto findings = ends_of_reads(
        {{ExitMethod::kFexit, kMisses}, {ExitMethod::kKprobe, kRefused}}, ExitMethod::kFexit);
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_THAT(findings[0].remedy, HasSubstr("kprobe-method.conf"));
    EXPECT_EQ(findings[1].remedy, "");
}

TEST(Doctor, NamesNoDropInWhereTheUnitAsShippedIsExact) {
    const auto findings = ends_of_reads({{ExitMethod::kFexit, kExact}}, ExitMethod::kFexit);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].state, Finding::State::kOk);
    EXPECT_EQ(findings[0].remedy, "");
}

}  // namespace
}  // namespace vfswatchd
