// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/probe.h"

namespace vfswatchd {

/// What this machine's kernel says of itself. An empty text: it could not be read.
struct Platform {
    std::string release;             ///< uname -r
    bool has_btf = false;            ///< /sys/kernel/btf/vmlinux can be read
    std::string lockdown;            ///< none, integrity, confidentiality
    std::string lsms;                ///< active security modules, comma-separated
    std::string preemption;          ///< none, voluntary, full, lazy
    std::uint64_t capabilities = 0;  ///< effective set of this process
};

/// Source: sysfs, securityfs, debugfs and procfs below `root` ("" for the machine's own).
[[nodiscard]] Platform read_platform(const std::string& root = "");

/// A capability that the probes need and the process does not hold: names, in order.
[[nodiscard]] std::vector<std::string> missing_capabilities(const Platform& platform,
                                                            const ProbeWishes& wishes = {});

/// Adds to a load or attach error what to do about it, as far as the platform tells.
[[nodiscard]] Error explain(const Error& error, const Platform& platform);

/// The process that `id` is a thread of; the id itself for a process. Absent: no such thread.
/// Source: Tgid in /proc/ID/status.
[[nodiscard]] std::optional<std::uint32_t> process_of(std::uint32_t id);

/// CPUs that this machine may ever have: what the kernel sizes its maps by. At least 1.
[[nodiscard]] std::uint32_t possible_cpus();

/// The library that runs, as `major.minor`.
[[nodiscard]] std::string libbpf_version();

}  // namespace vfswatchd
