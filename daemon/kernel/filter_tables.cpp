// SPDX-License-Identifier: Apache-2.0
#include "kernel/filter_tables.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "kernel/platform.h"
#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

// proc(5): starttime is field 22 of /proc/PID/stat; the first two end at the last ')'.
constexpr int kFieldsBetweenCommAndStart = 19;

std::optional<std::uint64_t> start_ticks_of(std::uint32_t tgid) {
    // A thread has a start time as well, but its number may become a process's later.
    if (process_of(tgid) != tgid) return std::nullopt;
    std::ifstream file("/proc/" + std::to_string(tgid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string skipped;
    for (int i = 0; i < kFieldsBetweenCommAndStart; i++)
        fields >> skipped;
    std::uint64_t ticks = 0;
    if (!(fields >> ticks)) return std::nullopt;
    return ticks;
}

Result<void> update(const bpf_map* map, const void* key, const void* value) {
    if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY) == 0) return {};
    return fail(errno_error(errno, std::string("fill map ") + bpf_map__name(map)));
}

/// The number means who it meant before, to a set of programs before this.
std::uint64_t holder_of(std::uint32_t tgid, int earlier_processes) {
    vfswatch_process known{};
    if (earlier_processes >= 0 && bpf_map_lookup_elem(earlier_processes, &tgid, &known) == 0 &&
        known.start_ticks != VFSWATCH_PROCESS_UNBOUND)
        return known.start_ticks;
    return start_ticks_of(tgid).value_or(VFSWATCH_PROCESS_UNBOUND);
}

Result<void> fill_processes(vfswatch_bpf& skeleton, const Filter& filter, int earlier_processes) {
    for (const ProcessRow& row : filter.processes) {
        const vfswatch_process value = {row.targets, holder_of(row.tgid, earlier_processes)};
        if (auto done = update(skeleton.maps.processes, &row.tgid, &value); !done) return done;
    }
    return {};
}

Result<void> fill_comms(vfswatch_bpf& skeleton, const Filter& filter) {
    for (const CommRow& row : filter.comms)
        if (auto done = update(skeleton.maps.comms, row.comm.data(), &row.targets); !done)
            return done;
    return {};
}

Result<void> fill_uids(vfswatch_bpf& skeleton, const Filter& filter) {
    for (const UidRow& row : filter.uids)
        if (auto done = update(skeleton.maps.uids, &row.uid, &row.targets); !done) return done;
    return {};
}

/// Through the map's memory, without a system call for each.
Result<void> fill_path_states(vfswatch_bpf& skeleton, const Filter& filter) {
    const std::size_t bytes = filter.path_states.size() * sizeof(vfswatch_path_state);
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(skeleton.maps.path_states), 0);
    if (memory == MAP_FAILED) return fail(errno_error(errno, "map the automata of paths"));
    std::memcpy(memory, filter.path_states.data(), bytes);
    munmap(memory, bytes);
    return {};
}

}  // namespace

// Id 0 means none, so ids start at 1; the last one pushed is taken first.
Result<void> fill_free_sums(vfswatch_bpf& skeleton, std::uint32_t count) {
    for (std::uint32_t id = count; id > 0; id--)
        if (auto done = update(skeleton.maps.free_sums, nullptr, &id); !done) return done;
    return {};
}

void size_tables(vfswatch_bpf& skeleton, const TableSizes& sizes) {
    const auto& maps = skeleton.maps;
    bpf_map__set_max_entries(maps.runs, sizes.max_tasks);
    bpf_map__set_max_entries(maps.names, sizes.max_files + VFSWATCH_MORE_NAMES);
    bpf_map__set_max_entries(maps.sum_places, sizes.max_files);
    bpf_map__set_max_entries(maps.sums, sizes.max_files + 1);
    bpf_map__set_max_entries(maps.free_sums, sizes.max_files);
    // The kernel makes no table without room.
    bpf_map__set_max_entries(maps.processes, std::max(sizes.processes, std::uint32_t{1}));
    bpf_map__set_max_entries(maps.comms, std::max(sizes.comms, std::uint32_t{1}));
    bpf_map__set_max_entries(maps.uids, std::max(sizes.uids, std::uint32_t{1}));
    bpf_map__set_max_entries(maps.path_states, sizes.path_states);
    bpf_map__set_max_entries(maps.snippet_rooms, sizes.snippets);
    bpf_map__set_max_entries(maps.snippet_ring, sizes.snippet_ring_bytes);
}

Result<void> fill_tables(vfswatch_bpf& skeleton, const Filter& filter, int earlier_processes) {
    if (auto done = fill_processes(skeleton, filter, earlier_processes); !done) return done;
    if (auto done = fill_comms(skeleton, filter); !done) return done;
    if (auto done = fill_uids(skeleton, filter); !done) return done;
    return fill_path_states(skeleton, filter);
}

}  // namespace vfswatchd
