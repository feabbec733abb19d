// SPDX-License-Identifier: Apache-2.0
#include "policy/lower.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "policy/paths.h"
#include "policy/sensitive.h"

namespace vfswatchd {
namespace {

void lower_labels(const LabelFields& labels, TargetMask target, vfswatch_settings& settings) {
    if (labels.pid) settings.pid_targets |= target;
    if (labels.comm) settings.comm_targets |= target;
    if (labels.uid) settings.uid_targets |= target;
    if (labels.call) settings.call_targets |= target;
    if (labels.unit || labels.cgroup || labels.container || labels.pod)
        settings.cgroup_targets |= target;
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

/// The kernel draws a number of 32 bits for each read.
std::uint32_t lower_chance(std::uint32_t one_in) {
    constexpr std::uint64_t kDraws = std::uint64_t{1} << 32U;
    return static_cast<std::uint32_t>(kDraws / one_in - 1);
}

std::chrono::nanoseconds interval_of(SnippetRate rate) {
    return std::chrono::nanoseconds(rate.per) / rate.count;
}

/// Spreads the rate evenly, so that what was not used of it is the burst that is left. No more is
/// copied than all targets together may write.
vfswatch_sampling lower_sampling(const SnippetRules& rules, SnippetRate all_targets) {
    const bool bound_by_all = interval_of(all_targets) > interval_of(rules.rate);
    const SnippetRate rate = bound_by_all ? all_targets : rules.rate;
    const std::chrono::nanoseconds per = rate.per;
    const std::chrono::nanoseconds interval = interval_of(rate);
    return {static_cast<std::uint64_t>(interval.count()),
            static_cast<std::uint64_t>((per - interval).count()), lower_chance(rules.one_in),
            rules.max_bytes};
}

void lower_snippets(const std::vector<TargetConfig>& targets, SnippetRate all_targets,
                    vfswatch_settings& settings) {
    for (std::size_t i = 0; i < targets.size(); i++) {
        if (!targets[i].snippets) continue;
        settings.snippet_targets |= TargetMask{1} << i;
        settings.sampling[i] = lower_sampling(*targets[i].snippets, all_targets);
        settings.most_chance = std::max(settings.most_chance, settings.sampling[i].chance);
    }
}

vfswatch_settings lower_settings(const Config& config) {
    vfswatch_settings settings{};
    lower_snippets(config.targets, {config.limits.snippets_per_second, std::chrono::seconds(1)},
                   settings);
    settings.max_files = config.limits.max_files;
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

tl::unexpected<std::vector<ConfigFault>> refused(std::vector<ConfigFault> faults) {
    cut_faults(faults);
    return tl::unexpected(std::move(faults));
}

}  // namespace

FilterOrFaults lower(const Config& config) {
    if (config.targets.size() > VFSWATCH_MAX_TARGETS) {
        return refused({{config.targets[VFSWATCH_MAX_TARGETS].place,
                         "more than " + std::to_string(VFSWATCH_MAX_TARGETS) + " targets"}});
    }
    std::vector<ConfigFault> faults = sensitive_faults(config);
    auto paths = compile_paths(config.targets);
    if (!paths) faults.push_back(paths.error());
    if (!faults.empty()) return refused(std::move(faults));
    Filter filter;
    filter.settings = lower_settings(config);
    filter.settings.exe_start = paths->exe_start;
    filter.settings.cgroup_start = paths->cgroup_start;
    filter.settings.sensitive_start = paths->sensitive_start;
    filter.path_states = std::move(paths->states);
    lower_processes(config, filter);
    return filter;
}

TableSizes table_sizes(const Config& config, const Filter& filter) {
    TableSizes sizes;
    sizes.max_files = config.limits.max_files;
    sizes.max_tasks = config.limits.max_tasks;
    sizes.processes = static_cast<std::uint32_t>(filter.processes.size());
    sizes.comms = static_cast<std::uint32_t>(filter.comms.size());
    sizes.uids = static_cast<std::uint32_t>(filter.uids.size());
    sizes.path_states = static_cast<std::uint32_t>(filter.path_states.size());
    if (filter.settings.snippet_targets != 0) {
        sizes.snippets = VFSWATCH_MAX_SNIPPETS;
        sizes.snippet_ring_bytes = VFSWATCH_SNIPPET_RING_BYTES;
    }
    return sizes;
}

}  // namespace vfswatchd
