// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct vfswatch_bpf;

namespace vfswatchd {

/// One BPF map as the kernel reports it.
struct MapInfo {
    std::string name;
    std::optional<std::uint64_t> entries;  ///< absent where the kernel side does not count them
    std::uint64_t capacity = 0;            ///< entries; bytes for a ring buffer
    std::uint64_t memory_bytes = 0;        ///< fdinfo's memlock
};

[[nodiscard]] std::vector<MapInfo> read_map_info(vfswatch_bpf& skeleton);

}  // namespace vfswatchd
