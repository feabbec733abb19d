// SPDX-License-Identifier: Apache-2.0
#include "service/report.h"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "config/fault.h"
#include "kernel/platform.h"
#include "policy/lower.h"
#include "policy/predict.h"

namespace vfswatchd {
namespace {

std::string mebibytes(std::uint64_t bytes) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f MiB",
                  static_cast<double>(bytes) / (1024.0 * 1024.0));
    return text.data();
}

// A pattern that names one file or directory and not a set of them.
bool is_one_absolute_path(const std::string& pattern) {
    return pattern.starts_with('/') && pattern.find_first_of("*?\\") == std::string::npos;
}

void add_missing_pids(const TargetConfig& target, std::vector<std::string>& missing) {
    for (const PidSelector& selector : target.pids)
        if (access(("/proc/" + std::to_string(selector.pid)).c_str(), F_OK) != 0)
            missing.push_back(format_place(selector.place) + ": there is no process " +
                              std::to_string(selector.pid) + " yet: target " + target.name +
                              " waits for the first that gets this number");
}

void add_missing_paths(const TargetConfig& target, std::vector<std::string>& missing) {
    for (const PathPattern& pattern : target.include)
        if (is_one_absolute_path(pattern.text) && access(pattern.text.c_str(), F_OK) != 0 &&
            errno == ENOENT)
            missing.push_back(format_place(pattern.place) + ": " + pattern.text +
                              " does not exist yet: target " + target.name + " waits for it");
}

}  // namespace

std::string describe(const Config& config, const Filter& filter) {
    const Prediction predicted = predict(table_sizes(config, filter), config, possible_cpus());
    std::string text = "The configuration is good: " + summary(config) + "\n";
    text += "kernel memory: " + std::to_string(predicted.kernel_bytes) + " bytes (" +
            mebibytes(predicted.kernel_bytes) + "), set aside at start\n";
    for (const MapBytes& map : predicted.maps)
        text += "  " + std::string(map.map) + ": " + std::to_string(map.bytes) + " bytes\n";
    text += "worst case: " + std::to_string(predicted.worst_case_series) +
            " time series on the endpoint\n";
    for (const std::string& line : not_there_yet(config))
        text += "note: " + line + "\n";
    return text;
}

std::vector<std::string> not_there_yet(const Config& config) {
    std::vector<std::string> missing;
    for (const TargetConfig& target : config.targets) {
        add_missing_pids(target, missing);
        add_missing_paths(target, missing);
    }
    return missing;
}

std::string summary(const Config& config) {
    std::string text = std::to_string(config.targets.size()) +
                       (config.targets.size() == 1 ? " target:" : " targets:");
    for (const TargetConfig& target : config.targets)
        text += " " + target.name;
    return text;
}

}  // namespace vfswatchd
