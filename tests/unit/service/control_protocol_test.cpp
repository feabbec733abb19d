// SPDX-License-Identifier: Apache-2.0
#include "service/control_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string fault(std::string_view text) {
    const auto outcome = parse_answer(text);
    return outcome ? "none" : outcome.error().message();
}

TEST(ControlProtocol, AnswersComeBackAsTheyWere) {
    for (const std::vector<std::string>& lines :
         {std::vector<std::string>{}, {""}, {"one"}, {"one", "", "three"}}) {
        const auto outcome = parse_answer(answer_text({ExitCode::kConfig, lines}));
        ASSERT_TRUE(outcome) << outcome.error().message();
        EXPECT_EQ(outcome->code, ExitCode::kConfig);
        EXPECT_EQ(outcome->lines, lines);
    }
}

TEST(ControlProtocol, EndsOfLinesInsideMakeMoreLines) {
    const auto outcome = parse_answer(answer_text({ExitCode::kOk, {"a\nb", "c"}}));
    ASSERT_TRUE(outcome);
    EXPECT_THAT(outcome->lines, ElementsAre("a", "b", "c"));
}

TEST(ControlProtocol, CutsWhatNobodyReads) {
    const std::string text = answer_text({ExitCode::kOk, {std::string(kMaxAnswerBytes, 'x')}});
    EXPECT_LE(text.size(), kMaxAnswerBytes);
    ASSERT_TRUE(parse_answer(text));
    EXPECT_GT(parse_answer(text)->lines.front().size(), kMaxAnswerBytes - 100);
}

TEST(ControlProtocol, NoticesEveryMissingByte) {
    const std::string whole = answer_text({ExitCode::kOk, {"one", "", "three"}});
    for (std::size_t size = 0; size < whole.size(); size++)
        EXPECT_EQ(fault(whole.substr(0, size)), "the answer is not whole") << size;
    EXPECT_EQ(fault(whole), "none");
}

TEST(ControlProtocol, RefusesWhatIsNoAnswer) {
    for (const char* text : {"\n", "0\n", "0 \n", " 0 0\n", "-1 0\n", "256 0\n", "0 -1\n", "x 0\n",
                             "0 0 \n", "0 99999999999\n", "0 0\nmore\n", "0 1\none\nrest"})
        EXPECT_THAT(fault(text), HasSubstr("malformed")) << text;
}

}  // namespace
}  // namespace vfswatchd
