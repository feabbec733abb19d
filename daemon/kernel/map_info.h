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

/// With whom a map lives.
enum class TableOwner {
    kBooks,     ///< the books: shared by all sets of programs, and kept for the next process
    kSet,       ///< one set of programs: what it decides by
    kSampling,  ///< shared since a set first sampled; never kept, for nobody shall copy what is
                ///< read while the daemon is not there
};

/// Of a map as map_name() calls it.
[[nodiscard]] TableOwner table_owner(const std::string& map);

[[nodiscard]] std::vector<MapInfo> read_map_info(vfswatch_bpf& skeleton);

}  // namespace vfswatchd
