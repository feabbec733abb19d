// SPDX-License-Identifier: Apache-2.0
#include "kernel/filter_tables.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdint>
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

Result<void> fill_processes(vfswatch_bpf& skeleton, const Filter& filter) {
    for (const ProcessRow& row : filter.processes) {
        const vfswatch_process value = {
            row.targets, start_ticks_of(row.tgid).value_or(VFSWATCH_PROCESS_UNBOUND)};
        if (auto done = update(skeleton.maps.processes, &row.tgid, &value); !done) return done;
        skeleton.bss->named_tgids[row.tgid / 64] |= std::uint64_t{1} << (row.tgid % 64);
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

Result<void> fill_path_states(vfswatch_bpf& skeleton, const Filter& filter) {
    for (std::uint32_t state = 0; state < filter.path_states.size(); state++)
        if (auto done = update(skeleton.maps.path_states, &state, &filter.path_states[state]);
            !done)
            return done;
    return {};
}

// Id 0 means none, so ids start at 1; the last one pushed is taken first.
Result<void> fill_free_sums(vfswatch_bpf& skeleton, std::uint32_t count) {
    for (std::uint32_t id = count; id > 0; id--)
        if (auto done = update(skeleton.maps.free_sums, nullptr, &id); !done) return done;
    return {};
}

}  // namespace

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

Result<void> fill_tables(vfswatch_bpf& skeleton, const Filter& filter, const TableSizes& sizes) {
    if (auto done = fill_free_sums(skeleton, sizes.max_files); !done) return done;
    if (auto done = fill_processes(skeleton, filter); !done) return done;
    if (auto done = fill_comms(skeleton, filter); !done) return done;
    if (auto done = fill_uids(skeleton, filter); !done) return done;
    return fill_path_states(skeleton, filter);
}

}  // namespace vfswatchd
