// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "config/config.h"
#include "model/filter.h"

namespace vfswatchd {

struct MapBytes {
    const char* map = nullptr;  ///< as in the BPF object; `.bss`, `.rodata`: its data sections
    std::uint64_t bytes = 0;
};

/// What a config will cost at most.
struct Prediction {
    std::uint64_t kernel_bytes = 0;  ///< sum of maps; programs (some 100 KiB) are not in it
    std::vector<MapBytes> maps;
    /// Time series that a Prometheus holds when every table is full: each of limits.max_series
    /// file rows with its bytes, calls, errors and eofs, and each target's own. The few dozen
    /// about the daemon itself are not in it.
    std::uint64_t worst_case_series = 0;
};

/// Shape: bytes as the kernel's own map_mem_usage adds them up (6.3 and later show the same as
/// `memlock` in a map's fdinfo; 5.11 to 6.2 show only entries * (key + value) there).
/// possible_cpus: as libbpf_num_possible_cpus() says; a hash keeps a spare entry for each.
[[nodiscard]] Prediction predict(const TableSizes& sizes, const Config& config,
                                 std::uint32_t possible_cpus);

}  // namespace vfswatchd
