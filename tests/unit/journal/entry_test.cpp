// SPDX-License-Identifier: Apache-2.0
#include "journal/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "clean_line.h"
#include "journal/encoding.h"
#include "journal/message_ids.h"

namespace vfswatchd {
namespace {

using namespace std::string_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Snippet a_snippet() {
    Snippet snippet;
    snippet.path = "/var/lib/x/16384";
    snippet.offset = 40960;
    snippet.bytes = 8192;
    snippet.requested = 16384;
    snippet.pid = 4242;
    snippet.tid = 4243;
    snippet.uid = 26;
    snippet.comm = "postgres";
    snippet.data = "hello\n";
    return snippet;
}

SnippetRules rules_with(SnippetEncoding encoding, std::uint32_t max_bytes = 40) {
    SnippetRules rules;
    rules.encoding = encoding;
    rules.max_bytes = max_bytes;
    return rules;
}

Snippet snippet_of(const std::string& data) {
    Snippet snippet = a_snippet();
    snippet.data = data;
    snippet.bytes = data.size();
    return snippet;
}

/// Its value; a name that is not there once is a failure.
std::string value_of(const std::vector<std::string>& fields, const std::string& name) {
    const auto of_name = [&](const std::string& field) { return field.starts_with(name + "="); };
    EXPECT_EQ(std::count_if(fields.begin(), fields.end(), of_name), 1) << name;
    const auto field = std::find_if(fields.begin(), fields.end(), of_name);
    return field == fields.end() ? "" : field->substr(name.size() + 1);
}

const std::string kBefore = "postgres[4242] read 8192 B of /var/lib/x/16384 at 40960: ";

TEST(SnippetEntry, HasTheFieldsOfTheContract) {
    EXPECT_THAT(snippet_fields(a_snippet(), "db", {}),
                ElementsAre("MESSAGE=" + kBefore + R"("hello\n")",
                            "MESSAGE_ID=" + std::string(kSnippetMessageId), "PRIORITY=6",
                            "SYSLOG_IDENTIFIER=vfswatchd", "VFSWATCH_TARGET=db",
                            "VFSWATCH_PATH=/var/lib/x/16384", "VFSWATCH_PID=4242",
                            "VFSWATCH_TID=4243", "VFSWATCH_COMM=postgres", "VFSWATCH_UID=26",
                            "VFSWATCH_BYTES=8192", "VFSWATCH_REQUESTED=16384",
                            "VFSWATCH_OFFSET=40960", R"(VFSWATCH_SNIPPET=hello\n)",
                            "VFSWATCH_ENCODING=text", "VFSWATCH_TRUNCATED=1"));
}

TEST(SnippetEntry, HasNoOffsetWhereTheFileHasNone) {
    Snippet snippet = a_snippet();
    snippet.offset.reset();
    const auto fields = snippet_fields(snippet, "db", {});
    EXPECT_THAT(fields, Not(Contains(StartsWith("VFSWATCH_OFFSET"))));
    EXPECT_EQ(value_of(fields, "MESSAGE"),
              R"(postgres[4242] read 8192 B of /var/lib/x/16384: "hello\n")");
}

TEST(SnippetEntry, ShowsTheSmallestAndTheLargestNumbers) {
    Snippet snippet = a_snippet();
    snippet.offset = 0;
    const auto at_zero = snippet_fields(snippet, "db", {});
    EXPECT_EQ(value_of(at_zero, "VFSWATCH_OFFSET"), "0");
    EXPECT_THAT(value_of(at_zero, "MESSAGE"), HasSubstr(" at 0: "));
    snippet.offset = ~std::uint64_t{0};
    snippet.uid = ~std::uint32_t{0};
    const auto fields = snippet_fields(snippet, "db", {});
    EXPECT_EQ(value_of(fields, "VFSWATCH_OFFSET"), "18446744073709551615");
    EXPECT_EQ(value_of(fields, "VFSWATCH_UID"), "4294967295");
}

TEST(SnippetEntry, HasNoPathWhereARenameRaced) {
    Snippet snippet = a_snippet();
    snippet.path.clear();
    const auto fields = snippet_fields(snippet, "db", {});
    EXPECT_THAT(fields, Not(Contains(StartsWith("VFSWATCH_PATH"))));
    EXPECT_EQ(value_of(fields, "MESSAGE"),
              R"(postgres[4242] read 8192 B of a file that is being renamed at 40960: "hello\n")");
}

TEST(SnippetEntry, SaysInWhichEncodingTheSnippetIs) {
    const auto hex = snippet_fields(a_snippet(), "db", rules_with(SnippetEncoding::kHex));
    EXPECT_EQ(value_of(hex, "VFSWATCH_ENCODING"), "hex");
    EXPECT_EQ(value_of(hex, "VFSWATCH_SNIPPET"), "68656c6c6f0a");
    EXPECT_EQ(value_of(hex, "MESSAGE"), kBefore + "hex 68656c6c6f0a");
    const auto base64 = snippet_fields(a_snippet(), "db", rules_with(SnippetEncoding::kBase64));
    EXPECT_EQ(value_of(base64, "VFSWATCH_ENCODING"), "base64");
    EXPECT_EQ(value_of(base64, "VFSWATCH_SNIPPET"), "aGVsbG8K");
    EXPECT_EQ(value_of(base64, "MESSAGE"), kBefore + "base64 aGVsbG8K");
}

TEST(SnippetEntry, HoldsNoMoreThanItsTargetAsksFor) {
    const SnippetRules rules = rules_with(SnippetEncoding::kText, 4);
    const auto fields = snippet_fields(snippet_of("abcdef"), "db", rules);
    EXPECT_EQ(value_of(fields, "VFSWATCH_SNIPPET"), "abcd");
    EXPECT_THAT(value_of(fields, "MESSAGE"), EndsWith(": \"abcd\""));
    EXPECT_EQ(value_of(fields, "VFSWATCH_TRUNCATED"), "1");
    EXPECT_EQ(value_of(snippet_fields(snippet_of("abcd"), "db", rules), "VFSWATCH_TRUNCATED"), "0");
}

TEST(SnippetEntry, IsRedactedBehindTheCut) {
    SnippetRules rules = rules_with(SnippetEncoding::kText, 12);
    ASSERT_TRUE(rules.redact.add(R"(password=(\S+))"));
    const auto cut = snippet_fields(snippet_of("password=hunter2"), "db", rules);
    EXPECT_EQ(value_of(cut, "VFSWATCH_SNIPPET"), "password=***");
    EXPECT_THAT(value_of(cut, "MESSAGE"), EndsWith(": \"password=***\""));
    for (const std::string& field : cut)
        EXPECT_THAT(field, Not(HasSubstr("hun")));
}

TEST(SnippetEntry, IsTruncatedOnlyByWhatWasCopied) {
    SnippetRules rules = rules_with(SnippetEncoding::kText);
    ASSERT_TRUE(rules.redact.add("key=(.*)"));
    const auto shorter = snippet_fields(snippet_of("key=0123456789"), "db", rules);
    EXPECT_EQ(value_of(shorter, "VFSWATCH_SNIPPET"), "key=***");
    EXPECT_EQ(value_of(shorter, "VFSWATCH_TRUNCATED"), "0");
    Snippet cut = snippet_of("key=0");
    cut.bytes = 6;  // fewer than `key=***` has
    EXPECT_EQ(value_of(snippet_fields(cut, "db", rules), "VFSWATCH_TRUNCATED"), "1");
}

TEST(SnippetEntry, ShowsPathAndCommAsTheLabelsDo) {
    Snippet snippet = a_snippet();
    snippet.path = "/a\\b\nMESSAGE=x\xff é";
    snippet.comm = "c\x1b\\d";
    const auto fields = snippet_fields(snippet, "db", {});
    EXPECT_EQ(value_of(fields, "VFSWATCH_PATH"), R"(/a\\b\x0aMESSAGE=x\xff é)");
    EXPECT_EQ(value_of(fields, "VFSWATCH_COMM"), R"(c\x1b\\d)");
    EXPECT_THAT(value_of(fields, "MESSAGE"),
                StartsWith(R"(c\x1b\\d[4242] read 8192 B of /a\\b\x0aMESSAGE=x\xff é at 40960: )"));
}

TEST(SnippetEntry, FoolsNoTerminalByItsMessage) {
    Snippet snippet = a_snippet();
    snippet.path = "/a\u202eb\u009b";
    snippet.comm = "\u200bc";
    snippet.data = "\u202e\x1b[2J";
    const auto fields = snippet_fields(snippet, "db", {});
    EXPECT_EQ(value_of(fields, "VFSWATCH_PATH"), "/a\u202eb\u009b");  // as the label
    EXPECT_EQ(value_of(fields, "MESSAGE"),
              R"(\xe2\x80\x8bc[4242] read 8192 B of /a\xe2\x80\xaeb\xc2\x9b at 40960: )"
              R"("\xe2\x80\xae\x1b[2J")");
}

TEST(SnippetEntry, HasAMessageThatStaysReadable) {
    const SnippetRules rules = rules_with(SnippetEncoding::kText, 4096);
    const auto shown = [&](const std::string& data) {
        const auto fields = snippet_fields(snippet_of(data), "db", rules);
        EXPECT_EQ(value_of(fields, "VFSWATCH_SNIPPET"), encode(SnippetEncoding::kText, data));
        const std::string message = value_of(fields, "MESSAGE");
        return message.substr(message.find('"'));
    };
    const std::string x196(196, 'x');
    EXPECT_EQ(shown(x196 + "abcd"), "\"" + x196 + "abcd\"");
    EXPECT_EQ(shown(x196 + "abcde"), "\"" + x196 + "abcd\"...");
    EXPECT_EQ(shown(x196 + "\xff"), "\"" + x196 + "\\xff\"");
    EXPECT_EQ(shown(x196 + "a\xff"), "\"" + x196 + "a\"...");
    EXPECT_EQ(shown(x196 + "abc\n"), "\"" + x196 + "abc\"...");
    EXPECT_EQ(shown(x196 + "ab\\\n"), "\"" + x196 + "ab\\\\\"...");
    EXPECT_EQ(shown(x196 + "abc€"), "\"" + x196 + "abc€\"");
    EXPECT_EQ(shown(x196 + "abc€€"), "\"" + x196 + "abc€\"...");
    EXPECT_EQ(shown(x196 + "ab\u202e"), "\"" + x196 + "ab\"...");
}

TEST(SnippetEntry, CutsTheMessageOfOtherEncodingsToo) {
    const std::string data(4096, '\x5a');
    const auto hex =
        snippet_fields(snippet_of(data), "db", rules_with(SnippetEncoding::kHex, 4096));
    EXPECT_EQ(value_of(hex, "VFSWATCH_SNIPPET").size(), 8192U);
    std::string half;
    for (int i = 0; i < 100; ++i)
        half += "5a";
    EXPECT_THAT(value_of(hex, "MESSAGE"), EndsWith(": hex " + half + "..."));
    const auto base64 =
        snippet_fields(snippet_of(data), "db", rules_with(SnippetEncoding::kBase64, 4096));
    EXPECT_EQ(value_of(base64, "VFSWATCH_SNIPPET").size(), 5464U);
    EXPECT_THAT(value_of(base64, "MESSAGE"), EndsWith("WlpaWlpa..."));
}

TEST(SnippetEntry, NeverHoldsRawBinary) {
    std::mt19937 random(20261125);
    std::uniform_int_distribution<int> byte(0, 255);
    const auto bytes = [&](std::size_t count) {
        std::string text(count, '\0');
        for (char& each : text)
            each = static_cast<char>(byte(random));
        return text;
    };
    for (int i = 0; i < 200; ++i) {
        Snippet snippet = snippet_of(bytes(300));
        snippet.path = bytes(100);
        snippet.comm = bytes(15);
        for (const SnippetEncodingWord& each : kSnippetEncodings) {
            const auto fields = snippet_fields(snippet, "db", rules_with(each.encoding, 4096));
            for (const std::string& field : fields)
                ASSERT_TRUE(is_clean_line(field)) << field;
            ASSERT_EQ(decode(each.encoding, value_of(fields, "VFSWATCH_SNIPPET")), snippet.data);
        }
    }
}

Snippet a_fault(int number) {
    Snippet snippet = a_snippet();
    snippet.data.clear();
    snippet.fault = number;
    return snippet;
}

TEST(FaultEntry, ExplainsAPageThatWasNotThere) {
    EXPECT_THAT(
        fault_fields(a_fault(EFAULT), "db", 3),
        ElementsAre("MESSAGE=postgres[4242] read 8192 B of /var/lib/x/16384 at 40960, a sample for "
                    "target db, but what it got could not be copied: the page was not resident "
                    "(EFAULT): the reader unmapped it, or it was paged out, before the read's end "
                    "was seen; such samples so far: 3",
                    "MESSAGE_ID=" + std::string(kSnippetFaultMessageId), "PRIORITY=4",
                    "SYSLOG_IDENTIFIER=vfswatchd", "VFSWATCH_TARGET=db",
                    "VFSWATCH_PATH=/var/lib/x/16384", "VFSWATCH_PID=4242", "VFSWATCH_TID=4243",
                    "VFSWATCH_COMM=postgres"));
}

TEST(FaultEntry, NamesOtherErrors) {
    const auto message = [](int number) {
        return value_of(fault_fields(a_fault(number), "db", 1), "MESSAGE");
    };
    EXPECT_THAT(message(EIO), HasSubstr(": Input/output error (EIO); "));
    EXPECT_THAT(message(524), HasSubstr(": Unknown error 524 (ENOTSUPP); "));
    EXPECT_THAT(message(4000), HasSubstr(": Unknown error 4000; "));
}

TEST(FaultEntry, KnowsFilesThatAreBeingRenamed) {
    Snippet snippet = a_fault(EFAULT);
    snippet.path.clear();
    snippet.offset.reset();
    const auto fields = fault_fields(snippet, "db", 1);
    EXPECT_THAT(fields, Not(Contains(StartsWith("VFSWATCH_PATH"))));
    EXPECT_THAT(value_of(fields, "MESSAGE"),
                StartsWith("postgres[4242] read 8192 B of a file that is being renamed, a sample"));
}

TEST(MessageIds, Are32HexDigitsEachOnce) {
    std::set<std::string_view> ids;
    for (const MessageIdTitle& entry : kMessageIds) {
        EXPECT_THAT(std::string(entry.id), testing::MatchesRegex("[0-9a-f]+"));
        EXPECT_EQ(entry.id.size(), 32U);
        EXPECT_FALSE(entry.title.empty());
        ids.insert(entry.id);
    }
    EXPECT_EQ(ids.size(), kMessageIds.size());
}

}  // namespace
}  // namespace vfswatchd
