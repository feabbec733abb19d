// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/parse.h"
#include "config/selectors.h"
#include "config/snippets.h"
#include "config/values.h"

using namespace vfswatchd;

namespace {

// Not assert(): the checks stay in every build type.
void require(bool holds) {
    if (!holds) std::abort();
}

void check_faults(const std::vector<ConfigFault>& faults) {
    require(!faults.empty() && faults.size() <= kMaxFaults + 1);
    for (const ConfigFault& fault : faults) {
        require(!fault.message.empty());
        require(fault.place.file == "main" || fault.place.file == "drop-in");
        // Whatever was found, one fault is one line of a terminal.
        for (char c : format_fault(fault))
            require(static_cast<unsigned char>(c) >= 0x20);
    }
}

template <typename Text>
void check_texts(const std::vector<Text>& items, Checked<void> (*check)(std::string_view)) {
    for (const Text& item : items)
        require(check(item.text).has_value());
}

void check_processes(const ProcessSelectors& processes) {
    for (const PidSelector& pid : processes.pids)
        require(pid.pid > 0 && pid.pid < (1U << 22U));
    for (const UidSelector& uid : processes.uids)
        require(uid.uid != ~0U);
    check_texts(processes.comms, check_comm);
    check_texts(processes.exes, check_exe);
    check_texts(processes.units, check_unit);
    check_texts(processes.cgroups, check_cgroup);
    require(!processes.follow_children || !processes.empty());
}

void check_snippets(const TargetConfig& target) {
    const SnippetRules& rules = *target.snippets;
    require(!target.include.empty());
    for (const PathPattern& pattern : target.include)
        require(!names_any_file(pattern.text));
    require(rules.max_bytes > 0 && rules.max_bytes <= 4096);
    require(rules.one_in > 0 && rules.one_in <= 1000000);
    require(rules.rate.count > 0 && rules.rate.count <= 1000000);
    require(rules.rate.per.count() > 0);
}

/// What `config.h` promises of a checked configuration.
void check_config(const Config& config) {
    require(!config.targets.empty() && config.targets.size() <= 64);
    require(!config.listen.empty() && config.listen.size() <= 16);
    require(config.limits.max_series > 0 && config.limits.max_files > 0);
    require(config.limits.snippets_per_second > 0 && config.limits.snippets_per_second <= 200);
    require(config.limits.max_tasks > 0 && config.limits.idle_series_timeout.count() > 0);
    const bool exits_unseen = config.probe.exit == ExitMethod::kOff;
    require(!exits_unseen || config.probe.accounting != AccountingMethod::kExit);
    for (const TargetConfig& target : config.targets) {
        require(!exits_unseen || (!target.latency && !target.snippets));
        if (target.snippets) check_snippets(target);
        require(check_name(target.name).has_value());
        require(target.file_types != 0);
        require(target.max_files <= 4194304);
        check_processes(target.processes);
        check_texts(target.include, check_pattern);
        check_texts(target.exclude, check_pattern);
    }
}

/// The number of bytes for a name, so that no input asks the machine; some names are unknown and
/// some databases do not answer.
Result<std::optional<std::uint32_t>> find_id(const std::string& name) {
    require(!name.empty() && name.find('\0') == std::string::npos);
    if (name.front() == 'u') return std::nullopt;
    if (name.front() == 'e') return fail(errno_error(EIO, "cannot look up"));
    return static_cast<std::uint32_t>(name.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A zero byte stands between the main file and a drop-in.
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t split = input.find('\0');
    std::vector<ConfigText> drop_ins;
    if (split != std::string_view::npos) {
        drop_ins.push_back({"drop-in", std::string(input.substr(split + 1))});
    }
    const ConfigOrFaults config =
        parse_config({"main", std::string(input.substr(0, split))}, drop_ins, {find_id, find_id});
    if (config) {
        check_config(*config);
    } else {
        check_faults(config.error());
    }
    return 0;
}
