// SPDX-License-Identifier: Apache-2.0
#include "policy/lower.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "policy/paths.h"

namespace vfswatchd {
namespace {

vfswatch_settings lower_settings(const Config& config) {
    vfswatch_settings settings{};
    TargetMask target = 1;
    for (const TargetConfig& wanted : config.targets) {
        if (wanted.pids.empty()) settings.any_process_targets |= target;
        if (wanted.include.empty() && wanted.exclude.empty()) settings.any_path_targets |= target;
        for (std::size_t type = 0; type < VFSWATCH_FILE_TYPES; type++) {
            if (wanted.file_types >> type & 1) settings.type_targets[type] |= target;
        }
        if (wanted.labels.pid) settings.pid_targets |= target;
        if (wanted.labels.comm) settings.comm_targets |= target;
        if (wanted.labels.uid) settings.uid_targets |= target;
        if (wanted.labels.call) settings.call_targets |= target;
        if (wanted.latency) settings.latency_targets |= target;
        target <<= 1;
    }
    return settings;
}

std::vector<ProcessRow> lower_processes(const Config& config) {
    std::map<std::uint32_t, TargetMask> targets_of;
    TargetMask target = 1;
    for (const TargetConfig& wanted : config.targets) {
        for (const PidSelector& selector : wanted.pids)
            targets_of[selector.pid] |= target;
        target <<= 1;
    }
    std::vector<ProcessRow> rows;
    rows.reserve(targets_of.size());
    for (const auto& [tgid, targets] : targets_of)
        rows.push_back({tgid, targets});
    return rows;
}

}  // namespace

Result<Filter> lower(const Config& config) {
    if (config.targets.size() > VFSWATCH_MAX_TARGETS) {
        return fail(plain_error("more than " + std::to_string(VFSWATCH_MAX_TARGETS) + " targets"));
    }
    auto path_states = compile_paths(config.targets);
    if (!path_states) return fail(path_states.error());
    return Filter{lower_settings(config), lower_processes(config), std::move(*path_states)};
}

TableSizes table_sizes(const Config& config, const Filter& filter) {
    return {config.limits.max_files, config.limits.max_tasks,
            static_cast<std::uint32_t>(filter.processes.size()),
            static_cast<std::uint32_t>(filter.path_states.size())};
}

}  // namespace vfswatchd
