// SPDX-License-Identifier: Apache-2.0
#include "service/snippets_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vfswatchd {
namespace {

using testing::ElementsAre;

Result<SnippetsOptions> parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "snippets");
    const auto flags = read_flags(arguments, snippets_flags());
    if (!flags) return fail(flags.error());
    return snippets_options(*flags);
}

std::string fault(const std::vector<std::string>& arguments) {
    const auto options = parse(arguments);
    return options ? "nothing" : options.error().message();
}

TEST(SnippetsCommand, ShowsEverythingByDefault) {
    const auto options = parse({});
    ASSERT_TRUE(options);
    EXPECT_TRUE(options->targets.empty());
    EXPECT_EQ(options->journal_namespace, "");
    EXPECT_FALSE(options->follow);
    EXPECT_EQ(options->last, std::nullopt);
    EXPECT_FALSE(options->json);
}

TEST(SnippetsCommand, TakesEveryFlag) {
    const auto options =
        parse({"-t", "a", "--target=b", "-f", "-n", "0", "--json", "--namespace", "audit"});
    ASSERT_TRUE(options) << options.error().message();
    EXPECT_THAT(options->targets, ElementsAre("a", "b"));
    EXPECT_EQ(options->journal_namespace, "audit");
    EXPECT_TRUE(options->follow);
    EXPECT_EQ(options->last, 0U);
    EXPECT_TRUE(options->json);
}

TEST(SnippetsCommand, FollowsFromTheLastTen) {
    EXPECT_EQ(parse({"-f"})->last, 10U);
    EXPECT_EQ(parse({"-n3", "-f"})->last, 3U);
    EXPECT_EQ(parse({"-n3"})->last, 3U);
}

TEST(SnippetsCommand, NamesWhatIsWrong) {
    for (const char* text : {"", "-1", "+1", "ten", "1x", " 1", "2147483648"})
        EXPECT_EQ(fault({"-n", text}), std::string("--lines: found `") + text +
                                           "`, expected a number of reads, 0 to 2147483647");
    EXPECT_EQ(fault({"--target="}), "--target: found an empty name, expected a target");
    EXPECT_EQ(fault({"--namespace", ""}),
              "--namespace: found an empty name, expected a journal namespace");
    EXPECT_EQ(fault({"postgres"}), "found the argument `postgres`, expected options only");
}

}  // namespace
}  // namespace vfswatchd
