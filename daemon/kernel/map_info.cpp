// SPDX-License-Identifier: Apache-2.0
#include "kernel/map_info.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <string_view>

#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

// Settings and texts, the table that takes programs of one kind, and the tables of the filter.
constexpr std::array<std::string_view, 6> kTablesOfSets = {"rodata", "resolver", "processes",
                                                           "comms",  "uids",     "path_states"};
constexpr std::array<std::string_view, 2> kTablesOfSampling = {"snippet_rooms", "snippet_ring"};

template <std::size_t count>
bool is_one_of(const std::string& map, const std::array<std::string_view, count>& maps) {
    return std::find(maps.begin(), maps.end(), map) != maps.end();
}

std::uint64_t memlock_of(int fd) {
    std::ifstream file("/proc/self/fdinfo/" + std::to_string(fd));
    std::string word;
    while (file >> word) {
        std::uint64_t bytes = 0;
        if (word == "memlock:" && file >> bytes) return bytes;
    }
    return 0;
}

}  // namespace

std::string map_name(const bpf_map* map) {
    const std::string name = bpf_map__name(map);
    const auto dot = name.find('.');
    return dot == std::string::npos ? name : name.substr(dot + 1);
}

TableOwner table_owner(const std::string& map) {
    if (is_one_of(map, kTablesOfSets)) return TableOwner::kSet;
    return is_one_of(map, kTablesOfSampling) ? TableOwner::kSampling : TableOwner::kBooks;
}

std::vector<MapInfo> read_map_info(vfswatch_bpf& skeleton) {
    const volatile vfswatch_stats& stats = skeleton.bss->stats;
    // In this order: what is freed was created before.
    const std::uint64_t runs_freed = stats.runs_freed;
    const std::uint64_t runs_created = stats.runs_created;
    const std::uint64_t sums_freed = stats.sums_freed;
    const std::uint64_t sums_created = stats.sums_created;
    const std::map<std::string, std::uint64_t> entries = {
        {"runs", runs_created - runs_freed},
        {"sum_places", sums_created - sums_freed},
        {"sums", sums_created - sums_freed},
    };
    std::vector<MapInfo> infos;
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton.obj) {
        MapInfo info;
        info.name = map_name(map);
        if (const auto found = entries.find(info.name); found != entries.end())
            info.entries = found->second;
        info.capacity = bpf_map__max_entries(map);
        info.memory_bytes = memlock_of(bpf_map__fd(map));
        infos.push_back(std::move(info));
    }
    return infos;
}

}  // namespace vfswatchd
