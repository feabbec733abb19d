// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/lower.h"

namespace vfswatchd {
namespace {

/// A label that people read in a table; longer ones are told by the config file.
constexpr std::size_t kMaxTextBytes = 120;

constexpr std::string_view kMore = "...";

/// The longest start of valid UTF-8 that fits, whole characters only.
std::string_view cut(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    std::size_t length = max_bytes;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
        length--;
    return text.substr(0, length);
}

/// Joins whole items with `, ` as far as they fit; only a first item that is too long is cut.
std::string join_shortened(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); i++) {
        const std::string_view separator = i == 0 ? "" : ", ";
        const std::size_t room_for_more =
            i + 1 == items.size() ? 0 : kMore.size() + std::string_view(", ").size();
        const std::size_t length = text.size() + separator.size() + items[i].size();
        if (length + room_for_more > kMaxTextBytes) {
            if (i == 0) text = cut(items[0], kMaxTextBytes - kMore.size());
            return text.append(separator).append(kMore);
        }
        text.append(separator).append(items[i]);
    }
    return text;
}

/// `KIND a, b, c`, an item each.
void add_texts(const std::string& kind, const std::vector<TextSelector>& selectors,
               std::vector<std::string>& items) {
    for (const TextSelector& selector : selectors)
        items.push_back((&selector == selectors.data() ? kind + " " : "") + selector.text);
}

std::string describe_processes(const TargetConfig& target) {
    const ProcessSelectors& processes = target.processes;
    std::vector<std::string> items;
    for (const PidSelector& selector : processes.pids) {
        items.push_back((items.empty() ? "pid " : "") + std::to_string(selector.pid));
    }
    add_texts("comm", processes.comms, items);
    add_texts("exe", processes.exes, items);
    add_texts("unit", processes.units, items);
    add_texts("cgroup", processes.cgroups, items);
    for (const UidSelector& selector : processes.uids) {
        const bool first = &selector == processes.uids.data();
        items.push_back((first ? "uid " : "") + std::to_string(selector.uid));
    }
    if (processes.follow_children) items.emplace_back("children");
    return join_shortened(items);
}

std::string describe_paths(const TargetConfig& target) {
    std::vector<std::string> items;
    for (const PathPattern& pattern : target.include)
        items.push_back(pattern.text);
    for (const PathPattern& pattern : target.exclude)
        items.push_back("!" + pattern.text);
    return join_shortened(items);
}

}  // namespace

std::vector<Target> describe_targets(const Config& config) {
    std::vector<Target> targets;
    targets.reserve(config.targets.size());
    for (const TargetConfig& target : config.targets) {
        targets.push_back({target.name, target.labels, describe_processes(target),
                           describe_paths(target), target.latency});
    }
    return targets;
}

}  // namespace vfswatchd
