// SPDX-License-Identifier: Apache-2.0
#include "policy/foundation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vfswatchd {
namespace {

using testing::HasSubstr;

TEST(Foundation, IsTheSameWhenLoaded) {
    Config config;
    config.limits.max_files = 7;
    config.limits.max_tasks = 8;
    config.probe.accounting = AccountingMethod::kLsm;
    ByteWriter writer;
    foundation_of(config).save(writer);
    ByteReader reader(writer.bytes());
    const Foundation loaded = Foundation::load(reader);
    EXPECT_TRUE(reader.finished());
    EXPECT_EQ(loaded.max_files, 7U);
    EXPECT_EQ(loaded.max_tasks, 8U);
    EXPECT_EQ(loaded.probe.accounting, AccountingMethod::kLsm);
    EXPECT_FALSE(loaded.probe.exit);
}

TEST(Foundation, BearsWhatNeedsNoMoreThanItHas) {
    const Config config;
    Config other = config;
    other.limits.max_files -= 1;
    other.limits.max_tasks -= 1;
    other.limits.max_series += 1;
    other.path_view = PathView::kHost;
    other.targets.resize(3);
    EXPECT_EQ(obstacle(foundation_of(config), other), "");
}

TEST(Foundation, SaysWhatIsInTheWay) {
    const Config config;
    Config more_files = config;
    more_files.limits.max_files += 1;
    EXPECT_THAT(obstacle(foundation_of(config), more_files),
                HasSubstr("limits.max_files: 65537 is more than the 65536"));
    Config more_tasks = config;
    more_tasks.limits.max_tasks += 1;
    EXPECT_THAT(obstacle(foundation_of(config), more_tasks), HasSubstr("limits.max_tasks: 32769"));
    Config other_method = config;
    other_method.probe.exit = ExitMethod::kOff;
    EXPECT_THAT(obstacle(foundation_of(config), other_method), HasSubstr("probe:"));
}

}  // namespace
}  // namespace vfswatchd
