// SPDX-License-Identifier: Apache-2.0
#include "live/units.h"

#include <gtest/gtest.h>

namespace vfswatchd {
namespace {

TEST(Units, BytesHaveThreeDigitsThatCount) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(0.5), "0.5 B");
    EXPECT_EQ(bytes_text(340), "340 B");
    EXPECT_EQ(bytes_text(1023), "1023 B");
    EXPECT_EQ(bytes_text(1023.6), "1.00 KiB");
    EXPECT_EQ(bytes_text(8192), "8.00 KiB");
    EXPECT_EQ(bytes_text(12.34 * 1024), "12.3 KiB");
    EXPECT_EQ(bytes_text(1.24 * 1073741824), "1.24 GiB");
    EXPECT_EQ(bytes_text(18446744073709551615.0), "16.0 EiB");
}

TEST(Units, CountsHaveThreeDigitsThatCount) {
    EXPECT_EQ(count_text(0), "0");
    EXPECT_EQ(count_text(0.5), "0.5");
    EXPECT_EQ(count_text(2), "2");
    EXPECT_EQ(count_text(999.4), "999");
    EXPECT_EQ(count_text(999.6), "1.00 k");
    EXPECT_EQ(count_text(34123), "34.1 k");
    EXPECT_EQ(count_text(9.999), "10");
}

TEST(Units, NoAmountIsWiderThanItsColumn) {
    for (double value = 0.001; value < 1e20; value *= 1.07) {
        EXPECT_LE(bytes_text(value).size(), kAmountColumns) << value;
        EXPECT_LE(count_text(value).size(), kAmountColumns) << value;
    }
}

TEST(Units, DecimalsEndWithoutZeros) {
    EXPECT_EQ(decimal_text(2, 1), "2");
    EXPECT_EQ(decimal_text(2.04, 1), "2");
    EXPECT_EQ(decimal_text(0.5, 3), "0.5");
    EXPECT_EQ(decimal_text(100, 0), "100");
}

}  // namespace
}  // namespace vfswatchd
