// SPDX-License-Identifier: Apache-2.0
#include "service/report.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

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
    for (const PidSelector& selector : target.pids) {
        const auto process = process_of(selector.pid);
        const std::string place = format_place(selector.place);
        const std::string pid = std::to_string(selector.pid);
        if (!process)
            missing.push_back(place + ": there is no process " + pid + " yet: target " +
                              target.name + " waits for the first that gets this number");
        else if (*process != selector.pid)
            missing.push_back(place + ": " + pid + " is a thread of process " +
                              std::to_string(*process) + ": write that to watch it; target " +
                              target.name + " waits for a process of this number");
    }
}

// A read's path has no symbolic links: the kernel has followed them.
void add_link(const TargetConfig& target, const PathPattern& pattern,
              std::vector<std::string>& missing) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(pattern.text.c_str(), nullptr),
                                                           &std::free);
    if (real && real.get() != pattern.text && pattern.text != "/")
        missing.push_back(format_place(pattern.place) + ": " + pattern.text +
                          " is reached through a symbolic link: its reads are under " + real.get() +
                          "; write that in target " + target.name);
}

void add_missing_paths(const TargetConfig& target, std::vector<std::string>& missing) {
    for (const PathPattern& pattern : target.include) {
        if (!is_one_absolute_path(pattern.text)) continue;
        if (access(pattern.text.c_str(), F_OK) == 0)
            add_link(target, pattern, missing);
        else if (errno == ENOENT)
            missing.push_back(format_place(pattern.place) + ": " + pattern.text +
                              " does not exist yet: target " + target.name + " waits for it");
    }
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
