// SPDX-License-Identifier: Apache-2.0
#include "kernel/snippet_record.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "bpf/vfswatch_abi.h"

namespace vfswatchd {
namespace {

using std::string_literals::operator""s;

const std::string kPath = "/srv/a\xff";
const std::string kData = "abc\0\x80z"s;

vfswatch_snippet good_head() {
    vfswatch_snippet head{};
    head.time_ns = 5'000'000'001;
    head.targets = 0b101;
    head.offset = 40960;
    head.bytes = 8192;
    head.requested = 65536;
    head.tgid = 42;
    head.tid = 43;
    head.uid = 1000;
    head.path_bytes = static_cast<__u32>(kPath.size());
    head.data_bytes = static_cast<__u32>(kData.size());
    std::strcpy(head.comm, "postgres");
    return head;
}

std::optional<Snippet> decoded(const vfswatch_snippet& head, const std::string& tail) {
    const std::string record =
        std::string(reinterpret_cast<const char*>(&head), sizeof(head)) + tail;
    return decode_snippet(std::as_bytes(std::span(record)));
}

TEST(SnippetRecord, IsDecodedWhole) {
    const auto snippet = decoded(good_head(), kPath + kData);
    ASSERT_TRUE(snippet.has_value());
    EXPECT_EQ(snippet->targets, 0b101U);
    EXPECT_EQ(snippet->time, std::chrono::nanoseconds(5'000'000'001));
    EXPECT_EQ(snippet->path, kPath);
    EXPECT_EQ(snippet->offset, 40960U);
    EXPECT_EQ(snippet->bytes, 8192U);
    EXPECT_EQ(snippet->requested, 65536U);
    EXPECT_EQ(snippet->pid, 42U);
    EXPECT_EQ(snippet->tid, 43U);
    EXPECT_EQ(snippet->uid, 1000U);
    EXPECT_EQ(snippet->comm, "postgres");
    EXPECT_EQ(snippet->fault, 0);
    EXPECT_EQ(snippet->data, kData);
}

TEST(SnippetRecord, MayLackAnOffset) {
    vfswatch_snippet head = good_head();
    head.offset = -1;
    const auto snippet = decoded(head, kPath + kData);
    ASSERT_TRUE(snippet.has_value());
    EXPECT_FALSE(snippet->offset.has_value());
}

TEST(SnippetRecord, OfAFaultHasAReasonAndNoData) {
    vfswatch_snippet head = good_head();
    head.data_bytes = 0;
    head.fault = 14;
    const auto snippet = decoded(head, kPath);
    ASSERT_TRUE(snippet.has_value());
    EXPECT_EQ(snippet->fault, 14);
    EXPECT_EQ(snippet->data, "");
}

TEST(SnippetRecord, FillsItsCommToTheLastByte) {
    vfswatch_snippet head = good_head();
    std::memset(head.comm, 'x', sizeof(head.comm));
    const auto snippet = decoded(head, kPath + kData);
    ASSERT_TRUE(snippet.has_value());
    EXPECT_EQ(snippet->comm, std::string(sizeof(head.comm), 'x'));
}

struct Malformed {
    const char* what;
    std::function<void(vfswatch_snippet&)> spoil;
};

void PrintTo(const Malformed& malformed, std::ostream* out) {
    *out << malformed.what;
}

class MalformedRecord : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedRecord, IsRefused) {
    vfswatch_snippet head = good_head();
    GetParam().spoil(head);
    EXPECT_FALSE(decoded(head, kPath + kData).has_value());
}

INSTANTIATE_TEST_SUITE_P(
    SnippetRecord, MalformedRecord,
    testing::Values(Malformed{"more path than record", [](auto& head) { head.path_bytes += 1; }},
                    Malformed{"less data than record", [](auto& head) { head.data_bytes -= 1; }},
                    Malformed{"lengths whose sum wraps",
                              [](auto& head) {
                                  head.path_bytes = std::numeric_limits<__u32>::max();
                                  head.data_bytes += static_cast<__u32>(kPath.size()) + 1;
                              }},
                    Malformed{"more data than was read",
                              [](auto& head) { head.bytes = kData.size() - 1; }},
                    Malformed{"nobody's sample", [](auto& head) { head.targets = 0; }},
                    Malformed{"a fault with data", [](auto& head) { head.fault = 14; }},
                    Malformed{"no error number", [](auto& head) { head.fault = 4096; }},
                    Malformed{"a time to come", [](auto& head) { head.time_ns = ~0ULL >> 1; }},
                    Malformed{"an offset before the file", [](auto& head) { head.offset = -2; }}));

TEST(SnippetRecord, IsNoLongerThanThePathAndTheDataMayBe) {
    vfswatch_snippet head = good_head();
    head.bytes = VFSWATCH_SNIPPET_BYTES + 1;
    head.path_bytes = VFSWATCH_PATH_BYTES;
    head.data_bytes = VFSWATCH_SNIPPET_BYTES;
    const std::string longest(VFSWATCH_PATH_BYTES + VFSWATCH_SNIPPET_BYTES, 'x');
    EXPECT_TRUE(decoded(head, longest).has_value());
    head.data_bytes++;
    EXPECT_FALSE(decoded(head, longest + 'x').has_value());
    head = good_head();
    head.data_bytes = 0;
    head.path_bytes = VFSWATCH_PATH_BYTES + 1;
    EXPECT_FALSE(decoded(head, std::string(VFSWATCH_PATH_BYTES + 1, 'x')).has_value());
}

TEST(SnippetRecord, IsAtLeastAHead) {
    const vfswatch_snippet head = good_head();
    const auto bytes = std::as_bytes(std::span(&head, 1));
    EXPECT_FALSE(decode_snippet(bytes.first(sizeof(head) - 1)).has_value());
    EXPECT_FALSE(decode_snippet({}).has_value());
}

}  // namespace
}  // namespace vfswatchd
