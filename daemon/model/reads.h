// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bpf/vfswatch_abi.h"
#include "model/target.h"

namespace vfswatchd {

/// What was read, as the kernel accounts it (rchar, syscr) and as the exit probe saw it.
struct ReadCounts {
    std::uint64_t bytes = 0;
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
    std::uint64_t eofs = 0;

    friend bool operator==(const ReadCounts&, const ReadCounts&) = default;
};

/// A path that some target wants, as the kernel announced it.
struct FileName {
    std::uint64_t id = 0;  ///< vfswatch_sum_key::path of its sums
    std::string path;      ///< raw bytes, not escaped
    bool truncated = false;
    bool unresolved = false;  ///< the reader's view, for the host's shows no such file
};

/// A cgroup whose processes read for a target that shows it.
struct CgroupName {
    std::uint64_t id = 0;  ///< vfswatch_sum_key::cgroup of its sums
    std::string path;      ///< as /proc/PID/cgroup has it for version 2; raw bytes
};

/// One sum of the kernel with its unsettled rest. An id is another sum's once it was retired.
struct ReadSum {
    std::uint32_t id = 0;
    vfswatch_sum_key key{};
    ReadCounts counts;
};

struct ErrnoCount {
    std::size_t target = 0;  ///< its bit
    int number = 0;          ///< positive errno; 0: any that has no count of its own
    std::uint64_t calls = 0;
};

/// How long the reads of one target took.
struct ReadDurations {
    /// Reads of each bucket alone; bucket i ends at 1 us * 2^i, the last has no end.
    std::array<std::uint64_t, VFSWATCH_DURATION_BUCKETS> buckets{};
    std::uint64_t sum_ns = 0;

    friend bool operator==(const ReadDurations&, const ReadDurations&) = default;
};

/// Everything the kernel knew at one scrape. Counts only grow in the kernel, but one snapshot may
/// show less than the one before (a run settled between its two halves): whoever publishes takes
/// the maximum.
struct ReadSnapshot {
    std::vector<ReadSum> sums;
    std::vector<FileName> new_names;       ///< since the snapshot before; each has its sum here
    std::vector<CgroupName> new_cgroups;   ///< since the snapshot before
    std::vector<ErrnoCount> errnos;        ///< each (target, number) once, 0 left out
    std::vector<ReadDurations> durations;  ///< by bit, whether or not its target asks for them
    std::vector<ReadCounts> overflow;      ///< by bit: wanted, but the sums were full
    bool paths_hidden = false;             ///< all reads are overflow: no path can be read
    std::vector<std::pair<const char*, ReadCounts>> unattributed;  ///< by reason
};

}  // namespace vfswatchd
