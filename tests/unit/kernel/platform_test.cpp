// SPDX-License-Identifier: Apache-2.0
#include "kernel/platform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A machine's /proc and /sys in a directory.
class PlatformTest : public testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(root_); }
    void TearDown() override { std::filesystem::remove_all(root_); }

    void put(const std::string& path, const std::string& text) {
        const std::filesystem::path file = root_ + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }

    const std::string root_ = testing::TempDir() + "platform-" + std::to_string(getpid());
};

TEST_F(PlatformTest, ReadsTheMarkedChoices) {
    put("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    put("/sys/kernel/security/lsm", "capability,landlock,bpf\n");
    put("/sys/kernel/debug/sched/preempt", "none voluntary (full) lazy \n");
    put("/sys/kernel/btf/vmlinux", "x");
    const Platform platform = read_platform(root_);
    EXPECT_EQ(platform.lockdown, "integrity");
    EXPECT_EQ(platform.lsms, "capability,landlock,bpf");
    EXPECT_EQ(platform.preemption, "full");
    EXPECT_TRUE(platform.has_btf);
}

TEST_F(PlatformTest, LeavesEmptyWhatCannotBeRead) {
    const Platform platform = read_platform(root_);
    EXPECT_EQ(platform.lockdown, "");
    EXPECT_EQ(platform.preemption, "");
    EXPECT_FALSE(platform.has_btf);
}

TEST_F(PlatformTest, NamesTheMissingCapabilities) {
    // CAP_PERFMON is bit 38, CAP_BPF 39, CAP_SYS_ADMIN 21.
    put("/proc/self/status", "Name:\tx\nCapEff:\t0000004000000000\n");
    EXPECT_THAT(missing_capabilities(read_platform(root_)), ElementsAre("CAP_BPF"));
    put("/proc/self/status", "CapEff:\t0000000000000000\n");
    EXPECT_THAT(missing_capabilities(read_platform(root_)), ElementsAre("CAP_BPF", "CAP_PERFMON"));
    put("/proc/self/status", "CapEff:\t0000000000200000\n");
    EXPECT_THAT(missing_capabilities(read_platform(root_)), IsEmpty());
}

TEST(Explain, NamesTheFirstThingToMend) {
    const Error refused = errno_error(EPERM, "load");
    Platform platform;
    EXPECT_THAT(explain(refused, platform).message(), HasSubstr("CONFIG_DEBUG_INFO_BTF"));
    platform.has_btf = true;
    EXPECT_THAT(explain(refused, platform).message(), HasSubstr("lacks CAP_BPF and CAP_PERFMON"));
    platform.capabilities = ~std::uint64_t{0};
    EXPECT_THAT(explain(refused, platform).message(), HasSubstr("refuses tracing programs"));
    platform.lockdown = "confidentiality";
    EXPECT_THAT(explain(refused, platform).message(), HasSubstr("lockdown=confidentiality"));
}

}  // namespace
}  // namespace vfswatchd
