// SPDX-License-Identifier: Apache-2.0
#include "model/redaction.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace vfswatchd {
namespace {

using namespace std::string_literals;

struct Case {
    const char* name;
    std::vector<std::string> expressions;
    std::string text;
    std::string shown;
};

void PrintTo(const Case& tested, std::ostream* out) {
    *out << tested.name;
}

class Redacted : public testing::TestWithParam<Case> {};

TEST_P(Redacted, ShowsWhatNoGroupMatches) {
    Redaction redaction;
    for (const std::string& expression : GetParam().expressions)
        ASSERT_TRUE(redaction.add(expression)) << expression;
    EXPECT_EQ(redaction.apply(GetParam().text), GetParam().shown);
}

const Case kCases[] = {
    {"Group",
     {R"(password=(\S+))"},
     "user=a password=hunter2 host=b",
     "user=a password=*** host=b"},
    {"EveryMatch", {R"(key=(\w+))"}, "key=a, key=bc, key=def", "key=***, key=***, key=***"},
    {"SeveralGroups", {R"((\w+):(\w+)@)"}, "http://bob:secret@host", "http://***:***@host"},
    {"NestedGroups", {R"(token=(<(\w+)-(\w+)>))"}, "token=<ab-cd>.", "token=***."},
    {"OverlappingOfTwo", {"(abc)", "(cde)"}, "xabcdey", "x***y"},
    {"OverlappingChain", {"(abc)", "(cde)", "(ef)"}, "xabcdefgx", "x***gx"},
    {"SameBeginning", {"(ab)", "(abcd)", "(abc)"}, "abcde", "***e"},
    {"ExpressionsApart", {"a=([0-9]+)", "b=([0-9]+)"}, "b=1 a=22 b=3", "b=*** a=*** b=***"},
    // The second would not match what the first leaves.
    {"ExpressionsSeeTheText", {"pin=([0-9]+)", "=([0-9]+);"}, "pin=12;n=3;", "pin=***;n=***;"},
    {"EmptyMatch", {"(x*)"}, "axxb", "a***b"},
    {"EmptyGroup", {"key=([0-9]*);"}, "key=;key=1;", "key=;key=***;"},
    {"GroupThatTookNoPart", {"a(1)|b(2)"}, "a1 b2 a2", "a*** b*** a2"},
    {"GroupThatRepeats", {R"((?:key=(\w) ?)+)"}, "key=a key=b.", "key=a key=***."},
    {"WithoutACapture", {"(?:user|name)=(\\w+)"}, "user=a name=b", "user=*** name=***"},
    {"Binary", {"\\x00key(.{4})"}, "\0\xff\0key\xc3\0\xfe\x80\x81\0"s, "\0\xff\0key***\x81\0"s},
    {"BytesNotCharacters", {"(.)x"}, "\xe2\x82\xacx", "\xe2\x82***x"},
    {"DotStopsAtALine", {"password=(.*)"}, "password=a b\nuser=c", "password=***\nuser=c"},
    {"DotOverLines", {"(?s)KEY-(.*)-END"}, "KEY-a\nb\n-END", "KEY-***-END"},
    {"TextAnchors", {"^(a)", "(a)$"}, "aa\naa", "***a\na***"},
    {"LineAnchors", {"(?m)^(a)"}, "aa\naa", "***a\n***a"},
    {"AnyCase", {R"((?i)password:\s*(\S+))"}, "PassWord:  x", "PassWord:  ***"},
    {"SecretThatIsCut", {R"(password=(\S+))"}, "host=b password=hun", "host=b password=***"},
    {"NothingLeftOfTheSecret", {R"(password=(\S+))"}, "host=b password=", "host=b password="},
    {"AdjacentGroups", {"(a+)(b+)"}, "xaabbx", "x******x"},
    {"WholeText", {"(?s)(.*)"}, "any\nthing", "***"},
    {"NoMatch", {"(z)"}, "anything \\ ***", "anything \\ ***"},
    {"EmptyText", {"(.*)", "^(a)?$"}, "", ""},
    {"NoExpression", {}, "password=hunter2", "password=hunter2"},
};

INSTANTIATE_TEST_SUITE_P(Redaction, Redacted, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Redaction, TakesAViewOfNothing) {
    Redaction redaction;
    ASSERT_TRUE(redaction.add("(a*)"));
    EXPECT_EQ(redaction.apply({}), "");
}

TEST(Redaction, RefusesWhatDoesNotCompileOrHidesNothing) {
    Redaction redaction;
    const auto broken = redaction.add("(a");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().message(), "missing ): (a");
    const auto without_group = redaction.add("password=\\S+");
    ASSERT_FALSE(without_group);
    EXPECT_EQ(without_group.error().message(), "it has no group: put what is secret in (...)");
    EXPECT_FALSE(redaction.add("(?:a)"));
    EXPECT_FALSE(redaction.add("((((a{1000}){1000}){1000}){1000})"));
    EXPECT_TRUE(redaction.empty());
    EXPECT_EQ(redaction.apply("password=a"), "password=a");
}

TEST(Redaction, HidesTheSameAsACopy) {
    Redaction redaction;
    ASSERT_TRUE(redaction.add("a(b)"));
    const Redaction copy = redaction;
    ASSERT_TRUE(redaction.add("(c)"));
    EXPECT_EQ(copy.apply("abc"), "a***c");
    EXPECT_EQ(redaction.apply("abc"), "a******");
}

}  // namespace
}  // namespace vfswatchd
