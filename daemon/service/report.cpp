// SPDX-License-Identifier: Apache-2.0
#include "service/report.h"

#include <array>
#include <cstdio>

#include "kernel/platform.h"
#include "policy/lower.h"
#include "policy/predict.h"
#include "policy/warnings.h"

namespace vfswatchd {
namespace {

std::string mebibytes(std::uint64_t bytes) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f MiB",
                  static_cast<double>(bytes) / (1024.0 * 1024.0));
    return text.data();
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
    for (const std::string& line : snippet_warnings(config))
        text += "note: " + line + "\n";
    for (const std::string& line : not_there_yet(config))
        text += "note: " + line + "\n";
    return text;
}

std::string summary(const Config& config) {
    std::string text = std::to_string(config.targets.size()) +
                       (config.targets.size() == 1 ? " target:" : " targets:");
    for (const TargetConfig& target : config.targets)
        text += " " + target.name;
    return text;
}

}  // namespace vfswatchd
