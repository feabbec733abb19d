// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/parse.h"
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

/// What `config.h` promises of a checked configuration.
void check_config(const Config& config) {
    require(!config.targets.empty() && config.targets.size() <= 64);
    require(!config.listen.empty() && config.listen.size() <= 16);
    require(config.limits.max_series > 0 && config.limits.max_files > 0);
    require(config.limits.max_tasks > 0 && config.limits.idle_series_timeout.count() > 0);
    const bool exits_unseen = config.probe.exit == ExitMethod::kOff;
    require(!exits_unseen || config.probe.accounting != AccountingMethod::kExit);
    for (const TargetConfig& target : config.targets) {
        require(!exits_unseen || !target.latency);
        require(check_name(target.name).has_value());
        require(target.file_types != 0);
        for (const PidSelector& pid : target.pids)
            require(pid.pid > 0 && pid.pid < (1U << 22U));
        for (const PathPattern& pattern : target.include) {
            require(check_pattern(pattern.text).has_value());
        }
        for (const PathPattern& pattern : target.exclude) {
            require(check_pattern(pattern.text).has_value());
        }
    }
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
        parse_config({"main", std::string(input.substr(0, split))}, drop_ins);
    if (config) {
        check_config(*config);
    } else {
        check_faults(config.error());
    }
    return 0;
}
