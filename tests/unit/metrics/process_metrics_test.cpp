// SPDX-License-Identifier: Apache-2.0
#include "metrics/process_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace vfswatchd {
namespace {

/// A /proc of our own, removed with the test.
class FakeProc {
  public:
    FakeProc() {
        std::string name = std::filesystem::temp_directory_path() / "vfswatchd-proc-XXXXXX";
        root_ = mkdtemp(name.data());
        std::filesystem::create_directories(root_ / "self/fd");
    }
    ~FakeProc() { std::filesystem::remove_all(root_); }
    FakeProc(const FakeProc&) = delete;
    FakeProc& operator=(const FakeProc&) = delete;

    void write(const std::string& file, const std::string& text) const {
        std::ofstream(root_ / file) << text;
    }
    [[nodiscard]] std::string root() const { return root_; }

  private:
    std::filesystem::path root_;
};

TEST(ProcessMetrics, ReadsEveryField) {
    const FakeProc proc;
    proc.write("self/stat",
               "42 (vfs) 7 (x) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 5 0 12345 "
               "104857600 2560 18446744073709551615 1 1\n");
    proc.write("self/limits",
               "Limit                     Soft Limit           Hard Limit           Units\n"
               "Max open files            1024                 524288               files\n");
    proc.write("stat", "cpu  1 2 3\nbtime 1700000000\nprocesses 9\n");
    for (const char* fd : {"0", "1", "2"})
        proc.write(std::string("self/fd/") + fd, "");

    const ProcessMetrics metrics = read_process_metrics(proc.root());
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const double page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    EXPECT_DOUBLE_EQ(metrics.cpu_seconds.value(), 200 / ticks);
    EXPECT_EQ(metrics.open_fds, 3);
    EXPECT_EQ(metrics.max_fds, 1024);
    EXPECT_EQ(metrics.virtual_memory_bytes, 104857600);
    EXPECT_EQ(metrics.resident_memory_bytes, 2560 * page_bytes);
    EXPECT_DOUBLE_EQ(metrics.start_time_seconds.value(), 1700000000 + 12345 / ticks);
    EXPECT_EQ(metrics.threads, 5);
}

TEST(ProcessMetrics, LeavesOutWhatIsHidden) {
    const FakeProc proc;
    proc.write("self/stat", "42 (vfswatchd) S 1 42 42 0 -1 4194560 1 2 3 4 150");
    proc.write("self/limits", "Max open files            unlimited            unlimited   files\n");
    const ProcessMetrics metrics = read_process_metrics(proc.root());
    EXPECT_FALSE(metrics.cpu_seconds.has_value());
    EXPECT_FALSE(metrics.max_fds.has_value());
    EXPECT_FALSE(metrics.start_time_seconds.has_value());
    EXPECT_FALSE(metrics.threads.has_value());
    EXPECT_EQ(metrics.open_fds, 0);
    EXPECT_FALSE(read_process_metrics(proc.root() + "/none").open_fds.has_value());
}

TEST(ProcessMetrics, ReadsTheRealProc) {
    const ProcessMetrics metrics = read_process_metrics();
    EXPECT_EQ(metrics.threads, 1);
    EXPECT_GT(metrics.resident_memory_bytes.value(), 1 << 20);
    const auto now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    EXPECT_NEAR(metrics.start_time_seconds.value(), now, 300);
}

}  // namespace
}  // namespace vfswatchd
