// SPDX-License-Identifier: Apache-2.0
#include "policy/lower.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "policy/paths.h"

namespace vfswatchd {
namespace {

void lower_labels(const LabelFields& labels, TargetMask target, vfswatch_settings& settings) {
    if (labels.pid) settings.pid_targets |= target;
    if (labels.comm) settings.comm_targets |= target;
    if (labels.uid) settings.uid_targets |= target;
    if (labels.call) settings.call_targets |= target;
    if (labels.unit || labels.cgroup) settings.cgroup_targets |= target;
    if (labels.inode || labels.device) settings.inode_targets |= target;
}

void lower_selectors(const ProcessSelectors& processes, TargetMask target,
                     vfswatch_settings& settings) {
    if (processes.empty()) settings.any_process_targets |= target;
    if (processes.follow_children) settings.follow_targets |= target;
    if (!processes.comms.empty()) settings.process_fields |= VFSWATCH_FIELD_COMM;
    if (!processes.uids.empty()) settings.process_fields |= VFSWATCH_FIELD_UID;
    if (!processes.exes.empty()) settings.process_fields |= VFSWATCH_FIELD_EXECS;
    if (!processes.units.empty() || !processes.cgroups.empty())
        settings.process_fields |= VFSWATCH_FIELD_CGROUP;
}

vfswatch_settings lower_settings(const Config& config) {
    vfswatch_settings settings{};
    settings.host_paths = config.path_view == PathView::kHost ? 1 : 0;
    for (std::size_t i = 0; i < config.targets.size(); i++) {
        const TargetConfig& wanted = config.targets[i];
        const TargetMask target = TargetMask{1} << i;
        lower_selectors(wanted.processes, target, settings);
        lower_labels(wanted.labels, target, settings);
        if (wanted.include.empty() && wanted.exclude.empty()) settings.any_path_targets |= target;
        for (std::size_t type = 0; type < VFSWATCH_FILE_TYPES; type++) {
            if (wanted.file_types >> type & 1) settings.type_targets[type] |= target;
        }
        if (wanted.latency) settings.latency_targets |= target;
        settings.target_max_files[i] =
            wanted.max_files != 0 ? wanted.max_files : config.limits.max_files;
    }
    return settings;
}

std::array<char, VFSWATCH_COMM_BYTES> comm_of(const std::string& text) {
    std::array<char, VFSWATCH_COMM_BYTES> comm{};
    // The last byte stays NUL, as in the kernel.
    text.copy(comm.data(), comm.size() - 1);
    return comm;
}

/// Who names each process, name or user: what several targets name has one row, in order.
template <typename Key>
using TargetsOf = std::map<Key, TargetMask>;

template <typename Row, typename Key>
std::vector<Row> rows_of(const TargetsOf<Key>& targets_of) {
    std::vector<Row> rows;
    rows.reserve(targets_of.size());
    for (const auto& [key, targets] : targets_of)
        rows.push_back({key, targets});
    return rows;
}

void lower_processes(const Config& config, Filter& filter) {
    TargetsOf<std::uint32_t> pids;
    TargetsOf<std::array<char, VFSWATCH_COMM_BYTES>> comms;
    TargetsOf<std::uint32_t> uids;
    TargetMask target = 1;
    for (const TargetConfig& wanted : config.targets) {
        for (const PidSelector& selector : wanted.processes.pids)
            pids[selector.pid] |= target;
        for (const TextSelector& selector : wanted.processes.comms)
            comms[comm_of(selector.text)] |= target;
        for (const UidSelector& selector : wanted.processes.uids)
            uids[selector.uid] |= target;
        target <<= 1;
    }
    filter.processes = rows_of<ProcessRow>(pids);
    filter.comms = rows_of<CommRow>(comms);
    filter.uids = rows_of<UidRow>(uids);
}

}  // namespace

Result<Filter> lower(const Config& config) {
    if (config.targets.size() > VFSWATCH_MAX_TARGETS) {
        return fail(plain_error("more than " + std::to_string(VFSWATCH_MAX_TARGETS) + " targets"));
    }
    auto paths = compile_paths(config.targets);
    if (!paths) return fail(paths.error());
    Filter filter;
    filter.settings = lower_settings(config);
    filter.settings.exe_start = paths->exe_start;
    filter.settings.cgroup_start = paths->cgroup_start;
    filter.path_states = std::move(paths->states);
    lower_processes(config, filter);
    return filter;
}

TableSizes table_sizes(const Config& config, const Filter& filter) {
    return {config.limits.max_files,
            config.limits.max_tasks,
            static_cast<std::uint32_t>(filter.processes.size()),
            static_cast<std::uint32_t>(filter.comms.size()),
            static_cast<std::uint32_t>(filter.uids.size()),
            static_cast<std::uint32_t>(filter.path_states.size())};
}

}  // namespace vfswatchd
