// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace vfswatchd {

/// This process as /proc/self has it. What could not be read is absent: a hidden /proc/stat, for
/// one, takes the start time away and nothing else.
struct ProcessMetrics {
    std::optional<double> cpu_seconds;
    std::optional<double> open_fds;
    std::optional<double> max_fds;  ///< absent too where there is no ceiling
    std::optional<double> virtual_memory_bytes;
    std::optional<double> resident_memory_bytes;
    std::optional<double> start_time_seconds;  ///< Unix time
    std::optional<double> threads;
};

/// Source: proc(5).
ProcessMetrics read_process_metrics(const std::string& proc_root = "/proc");

}  // namespace vfswatchd
