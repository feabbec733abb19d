// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct bpf_map;
struct vfswatch_bpf;

namespace vfswatchd {

/// One BPF map as the kernel reports it.
struct MapInfo {
    std::string name;
    std::optional<std::uint64_t> entries;  ///< absent where the kernel side does not count them
    std::uint64_t capacity = 0;            ///< entries; bytes for a ring buffer
    std::uint64_t memory_bytes = 0;        ///< fdinfo's memlock
};

/// As it is called on the endpoint: libbpf's own maps for globals carry the object's name in front.
[[nodiscard]] std::string map_name(const bpf_map* map);

[[nodiscard]] std::vector<MapInfo> read_map_info(vfswatch_bpf& skeleton);

}  // namespace vfswatchd
