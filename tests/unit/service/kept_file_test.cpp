// SPDX-License-Identifier: Apache-2.0
#include "service/kept_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace vfswatchd {
namespace {

KeptFile made() {
    auto file = KeptFile::create("test");
    EXPECT_TRUE(file.has_value());
    return std::move(*file);
}

/// As the next process finds it.
KeptFile found(const KeptFile& file) {
    return KeptFile(UniqueFd(dup(file.fd())));
}

off_t size_of(const KeptFile& file) {
    struct stat status {};
    EXPECT_EQ(fstat(file.fd(), &status), 0);
    return status.st_size;
}

TEST(KeptFile, HoldsWhatWasWrittenLast) {
    KeptFile file = made();
    ASSERT_TRUE(file.write(1, "first, and longer").has_value());
    ASSERT_TRUE(file.write(2, "second").has_value());
    const KeptFile next = found(file);
    EXPECT_EQ(next.sequence(), 2U);
    EXPECT_EQ(next.read().value_or("?"), "second");
}

TEST(KeptFile, GivesBackWhatIsNotNeededAnyMore) {
    KeptFile file = made();
    ASSERT_TRUE(file.write(1, std::string(100000, 'x')).has_value());
    ASSERT_TRUE(file.write(2, "").has_value());
    EXPECT_LT(size_of(file), 100);
}

TEST(KeptFile, GrowsByWhatIsAppended) {
    KeptFile file = made();
    ASSERT_TRUE(file.write(5, "a").has_value());
    ASSERT_TRUE(file.append("bc").has_value());
    KeptFile next = found(file);
    ASSERT_TRUE(next.append("d").has_value());
    EXPECT_EQ(found(next).read().value_or("?"), "abcd");
    EXPECT_EQ(found(next).sequence(), 5U);
}

TEST(KeptFile, IsEmptyWhenNew) {
    const KeptFile file = made();
    EXPECT_EQ(file.sequence(), 0U);
    EXPECT_EQ(file.read().value_or("?"), "");
}

// What a process leaves that was killed between two system calls of write(): nothing is whole.
TEST(KeptFile, HoldsNothingOnceItsHeadIsGone) {
    KeptFile file = made();
    ASSERT_TRUE(file.write(3, "whole").has_value());
    const std::string none(16, '\0');
    ASSERT_EQ(pwrite(file.fd(), none.data(), none.size(), 0), 16);
    EXPECT_EQ(found(file).sequence(), 0U);
    EXPECT_EQ(found(file).read().value_or("?"), "");
}

TEST(KeptFile, BelievesNoHeadThatSaysMoreThanThereIs) {
    KeptFile file = made();
    ASSERT_TRUE(file.write(3, "whole").has_value());
    ASSERT_EQ(ftruncate(file.fd(), 18), 0);
    EXPECT_EQ(found(file).sequence(), 0U);
}

}  // namespace
}  // namespace vfswatchd
