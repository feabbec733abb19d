// SPDX-License-Identifier: Apache-2.0
#include "service/snippet_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

namespace vfswatchd {
namespace {

using namespace std::string_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class SnippetText : public testing::Test {
  protected:
    void SetUp() override {
        // POSIX's form of two hours east of UTC.
        ASSERT_EQ(setenv("TZ", "EET-2", 1), 0);
        tzset();
        snippet.time = std::chrono::microseconds(1764091201000056);
        snippet.target = "postgres";
        snippet.path = "/var/lib/16384";
        snippet.comm = "postgres";
        snippet.pid = 4242;
        snippet.tid = 4242;
        snippet.uid = 104;
        snippet.bytes = 8192;
        snippet.requested = 8192;
        snippet.offset = 40960;
        snippet.encoding = "text";
        snippet.data = "PGDATA";
    }

    LoggedSnippet snippet;
};

TEST_F(SnippetText, IsTwoLinesInLocalTime) {
    EXPECT_EQ(snippet_to_text(snippet, false),
              "2025-11-25 19:20:01.000056 postgres: postgres[4242] uid 104 read 8192 B at 40960 of "
              "/var/lib/16384\n"
              "    \"PGDATA\"\n");
}

TEST_F(SnippetText, SaysMoreWhereThereIsMoreToSay) {
    snippet.tid = 4243;
    snippet.requested = 65536;
    snippet.truncated = true;
    EXPECT_THAT(snippet_to_text(snippet, false),
                HasSubstr(": postgres[4242/4243] uid 104 read 8192 B (65536 asked for) at 40960 of "
                          "/var/lib/16384\n    \"PGDATA\"...\n"));
}

TEST_F(SnippetText, LeavesOutAnOffsetThatTheFileDoesNotHave) {
    snippet.offset.reset();
    EXPECT_THAT(snippet_to_text(snippet, false), HasSubstr(" read 8192 B of /var"));
    EXPECT_THAT(snippet_to_json(snippet), HasSubstr(",\"offset\":null,"));
}

TEST_F(SnippetText, KnowsFilesThatAreBeingRenamed) {
    snippet.path.reset();
    EXPECT_THAT(snippet_to_text(snippet, false), HasSubstr(" at 40960 of a file being renamed\n"));
    EXPECT_THAT(snippet_to_json(snippet), HasSubstr(",\"path\":null,"));
}

TEST_F(SnippetText, HasColoursOnlyWhereTheyAreWanted) {
    EXPECT_THAT(snippet_to_text(snippet, false), Not(HasSubstr("\033")));
    EXPECT_THAT(snippet_to_text(snippet, true), HasSubstr("\033[36m/var/lib/16384\033[0m\n"));
    EXPECT_THAT(snippet_to_text(snippet, true), EndsWith("\"PGDATA\"\033[0m\n"));
}

TEST_F(SnippetText, ShowsDataAsEscapes) {
    snippet.data = "\x1b[2J\n\"\\\xff\0"s;
    const std::string text = snippet_to_text(snippet, false);
    EXPECT_THAT(text, HasSubstr("[2J"));
    for (const char* raw : {"\x1b", "\xff", "\"\"", "[2J\n"})
        EXPECT_THAT(text, Not(HasSubstr(raw)));
    EXPECT_EQ(text.find('\0'), std::string::npos);
}

// Valid UTF-8 all the same: a C1 control, a right-to-left override, a zero-width space.
constexpr const char* kDeceptive = "a\u009b\u202e\u200b\u00fc";
constexpr const char* kShown = "a\\xc2\\x9b\\xe2\\x80\\xae\\xe2\\x80\\x8b\u00fc";

TEST_F(SnippetText, ShowsNothingThatATerminalActsOn) {
    snippet.target = snippet.comm = snippet.data = kDeceptive;
    snippet.path = kDeceptive;
    EXPECT_THAT(snippet_to_text(snippet, false),
                HasSubstr(" "s + kShown + ": " + kShown +
                          "[4242] uid 104 read 8192 B at 40960 of " + kShown + "\n"));
    for (const char* raw : {"\u009b", "\u202e", "\u200b"})
        EXPECT_THAT(snippet_to_text(snippet, true), Not(HasSubstr(raw)));
}

TEST_F(SnippetText, IsAnObjectOnALineForMachines) {
    snippet.tid = 4243;
    snippet.requested = 18446744073709551615U;
    snippet.truncated = true;
    snippet.encoding = "hex";
    snippet.data = "\0\xff\x10"s;
    EXPECT_EQ(snippet_to_json(snippet),
              "{\"time\":\"2025-11-25T17:20:01.000056Z\",\"target\":\"postgres\","
              "\"path\":\"/var/lib/16384\",\"pid\":4242,\"tid\":4243,\"comm\":\"postgres\","
              "\"uid\":104,\"bytes\":8192,\"requested\":18446744073709551615,\"offset\":40960,"
              "\"truncated\":true,\"encoding\":\"hex\",\"snippet_base64\":\"AP8Q\"}\n");
}

TEST_F(SnippetText, EscapesJsonStrings) {
    snippet.path = "/\"a\\\\b\"";
    snippet.comm = kDeceptive;
    EXPECT_THAT(snippet_to_json(snippet), HasSubstr("\"path\":\"/\\\"a\\\\\\\\b\\\"\","));
    EXPECT_THAT(snippet_to_json(snippet), HasSubstr("\"comm\":\"a\\u009b\\u202e\\u200b\u00fc\","));
}

TEST_F(SnippetText, KeepsTheZerosOfTheFraction) {
    snippet.time = std::chrono::microseconds(1);
    EXPECT_THAT(snippet_to_json(snippet), HasSubstr("{\"time\":\"1970-01-01T00:00:00.000001Z\","));
}

}  // namespace
}  // namespace vfswatchd
