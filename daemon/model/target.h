// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vfswatchd {

/// Which fields beside target and path a target's series carry.
struct LabelFields {
    bool pid = false;
    bool comm = false;
    bool uid = false;
    bool unit = false;       ///< the systemd unit of the reader's cgroup
    bool cgroup = false;     ///< the reader's cgroup, as /proc/PID/cgroup has it
    bool container = false;  ///< the reader's container, by its cgroup
    bool pod = false;        ///< and its Kubernetes pod
    bool device = false;     ///< major:minor of the file's file system
    bool inode = false;
    bool call = false;

    friend bool operator==(const LabelFields&, const LabelFields&) = default;
};

/// A target as its metrics show it.
struct Target {
    std::string name;
    LabelFields labels;
    std::string processes;  ///< as configured, shortened; empty: every process
    std::string paths;      ///< as configured, shortened; empty: every file
    bool latency = false;   ///< shows how long its reads take
};

/// A bit for each target.
using TargetMask = std::uint64_t;

[[nodiscard]] constexpr TargetMask mask_of(std::size_t bit) {
    return TargetMask{1} << bit;
}

/// Which bit, by the target's place in the list.
using TargetBits = std::vector<unsigned>;

/// Bits that runs or sums in the kernel still stand for.
struct HeldTargets {
    TargetMask by_reads = 0;
    TargetMask by_inheritance = 0;  ///< by processes whose ancestor matched
};

}  // namespace vfswatchd
