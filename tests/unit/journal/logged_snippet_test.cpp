// SPDX-License-Identifier: Apache-2.0
#include "journal/logged_snippet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace vfswatchd {
namespace {

using namespace std::string_literals;

constexpr std::chrono::microseconds kTime{1764087601123456};

EntryFields good_entry() {
    return {{"VFSWATCH_TARGET", "postgres"}, {"VFSWATCH_PATH", "/srv/\\xff\\\\x"},
            {"VFSWATCH_COMM", "postgres"},   {"VFSWATCH_PID", "4294967295"},
            {"VFSWATCH_TID", "4294967294"},  {"VFSWATCH_UID", "4294967295"},
            {"VFSWATCH_BYTES", "8192"},      {"VFSWATCH_REQUESTED", "18446744073709551615"},
            {"VFSWATCH_OFFSET", "40960"},    {"VFSWATCH_SNIPPET", "AP8="},
            {"VFSWATCH_ENCODING", "base64"}, {"VFSWATCH_TRUNCATED", "1"}};
}

/// What is wrong with the good entry once this field is changed.
std::string fault_of(const std::string& name, const std::string& value) {
    EntryFields fields = good_entry();
    fields[name] = value;
    const auto snippet = parse_snippet(kTime, fields);
    return snippet ? "nothing" : snippet.error().message();
}

TEST(LoggedSnippet, HoldsWhatTheEntrySays) {
    const auto snippet = parse_snippet(kTime, good_entry());
    ASSERT_TRUE(snippet) << snippet.error().message();
    EXPECT_EQ(snippet->time, kTime);
    EXPECT_EQ(snippet->target, "postgres");
    EXPECT_EQ(snippet->path, "/srv/\\xff\\\\x");
    EXPECT_EQ(snippet->comm, "postgres");
    EXPECT_EQ(snippet->pid, UINT32_MAX);
    EXPECT_EQ(snippet->tid, UINT32_MAX - 1);
    EXPECT_EQ(snippet->uid, UINT32_MAX);
    EXPECT_EQ(snippet->bytes, 8192U);
    EXPECT_EQ(snippet->requested, UINT64_MAX);
    EXPECT_EQ(snippet->offset, 40960U);
    EXPECT_TRUE(snippet->truncated);
    EXPECT_EQ(snippet->encoding, "base64");
    EXPECT_EQ(snippet->data, "\0\xff"s);
}

TEST(LoggedSnippet, NeedsEveryFieldButPathAndOffset) {
    for (const std::string_view name : kSnippetFields) {
        EntryFields fields = good_entry();
        ASSERT_EQ(fields.erase(std::string(name)), 1U);
        const auto snippet = parse_snippet(kTime, fields);
        if (name == "VFSWATCH_PATH" || name == "VFSWATCH_OFFSET") {
            ASSERT_TRUE(snippet);
            EXPECT_EQ(snippet->path.has_value(), name != "VFSWATCH_PATH");
            EXPECT_EQ(snippet->offset.has_value(), name != "VFSWATCH_OFFSET");
        } else {
            ASSERT_FALSE(snippet);
            EXPECT_EQ(snippet.error().message(), std::string(name) + " is missing");
        }
    }
}

TEST(LoggedSnippet, RefusesWhatIsNoNumber) {
    for (const char* name : {"VFSWATCH_PID", "VFSWATCH_TID", "VFSWATCH_UID", "VFSWATCH_BYTES",
                             "VFSWATCH_REQUESTED", "VFSWATCH_OFFSET"})
        for (const std::string& value : {""s, "-1"s, "+1"s, " 1"s, "1 "s, "0x1"s, "1e3"s, "1\0"s,
                                         "\x1b[2J"s, "18446744073709551616"s})
            EXPECT_EQ(fault_of(name, value), std::string(name) + " is no such number") << value;
    EXPECT_EQ(fault_of("VFSWATCH_PID", "4294967296"), "VFSWATCH_PID is no such number");
    EXPECT_EQ(fault_of("VFSWATCH_BYTES", "4294967296"), "nothing");
}

TEST(LoggedSnippet, RefusesTextsThatTheDaemonDoesNotWrite) {
    for (const char* name : {"VFSWATCH_TARGET", "VFSWATCH_PATH", "VFSWATCH_COMM"}) {
        for (const std::string& value : {"\x1b[2J"s, "a\nb"s, "a\0b"s, "\x7f"s, "\xff"s, "\xc3"s,
                                         "\xed\xa0\x80"s, "\xc0\x80"s})
            EXPECT_EQ(fault_of(name, value), std::string(name) + " is no plain text");
        EXPECT_EQ(fault_of(name, "\u00fc\u20ac\U0001f600"), "nothing");
        EXPECT_EQ(fault_of(name, ""), "nothing");
    }
}

TEST(LoggedSnippet, RefusesOtherEncodingsAndWhatIsNotInThem) {
    for (const char* value : {"", "Text", "base32", "text\n"})
        EXPECT_EQ(fault_of("VFSWATCH_ENCODING", value),
                  "VFSWATCH_ENCODING is no encoding that is known here");
    EXPECT_EQ(fault_of("VFSWATCH_SNIPPET", "AP8"),
              "VFSWATCH_SNIPPET is not in the encoding of the entry");
    EXPECT_EQ(fault_of("VFSWATCH_ENCODING", "hex"),
              "VFSWATCH_SNIPPET is not in the encoding of the entry");
    EXPECT_EQ(fault_of("VFSWATCH_SNIPPET", ""), "nothing");
}

TEST(LoggedSnippet, RefusesWhatIsNeitherTruncatedNorWhole) {
    for (const char* value : {"", "2", "01", "yes", "true"})
        EXPECT_EQ(fault_of("VFSWATCH_TRUNCATED", value), "VFSWATCH_TRUNCATED is neither 0 nor 1");
}

TEST(LoggedSnippet, RefusesFieldsThatAreLongerThanAnyOfOurs) {
    for (const std::string_view name : kSnippetFields) {
        const std::string field(name);
        EXPECT_EQ(fault_of(field, std::string(kMaxFieldBytes + 1, '1')), field + " is too long");
    }
    EXPECT_EQ(fault_of("VFSWATCH_PATH", std::string(kMaxFieldBytes, 'a')), "nothing");
}

TEST(LoggedSnippet, NamesTheFirstFieldThatIsWrong) {
    EXPECT_EQ(parse_snippet(kTime, {}).error().message(), "VFSWATCH_TARGET is missing");
}

}  // namespace
}  // namespace vfswatchd
