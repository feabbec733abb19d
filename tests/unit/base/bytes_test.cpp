// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace vfswatchd {
namespace {

using std::string_literals::operator""s;

TEST(Bytes, AreReadAsTheyWereWritten) {
    ByteWriter writer;
    writer.put(std::uint8_t{7});
    writer.put_text("a\0b"s);
    writer.put_count(3);
    writer.put_text("");
    writer.put(std::int64_t{-1});
    writer.put_text("xyz");
    ByteReader reader(writer.bytes());
    EXPECT_EQ(reader.get<std::uint8_t>(), 7);
    EXPECT_EQ(reader.get_text(), "a\0b"s);
    EXPECT_EQ(reader.get_count(), 3U);
    EXPECT_EQ(reader.get_text(), "");
    EXPECT_EQ(reader.get<std::int64_t>(), -1);
    EXPECT_FALSE(reader.finished());
    EXPECT_EQ(reader.get_text(), "xyz");
    EXPECT_TRUE(reader.finished());
}

TEST(Bytes, ThatAreNotThereReadAsZeroFromThenOn) {
    ByteReader reader("abc");
    EXPECT_EQ(reader.get<std::uint32_t>(), 0U);
    EXPECT_TRUE(reader.failed());
    EXPECT_EQ(reader.get<std::uint8_t>(), 0U);
    EXPECT_FALSE(reader.finished());
}

TEST(Bytes, HaveNoTextLongerThanTheyAre) {
    ByteWriter writer;
    writer.put(std::numeric_limits<std::uint64_t>::max());
    ByteReader text(writer.bytes());
    EXPECT_EQ(text.get_text(), "");
    EXPECT_TRUE(text.failed());
    ByteReader count(writer.bytes());
    EXPECT_EQ(count.get_count(), 0U);
    EXPECT_TRUE(count.failed());
}

}  // namespace
}  // namespace vfswatchd
