// SPDX-License-Identifier: Apache-2.0
#include "metrics/series_labels.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "metrics/call_name.h"
#include "metrics/containers.h"
#include "metrics/escape.h"

namespace vfswatchd {
namespace {

// The kernel's dev_t: major << 20 | minor.
constexpr unsigned kMinorBits = 20;

std::string device_text(std::uint32_t device) {
    const std::uint32_t minor = device & ((1U << kMinorBits) - 1);
    return std::to_string(device >> kMinorBits) + ":" + std::to_string(minor);
}

/// The kinds of units that processes run in, but slices.
bool names_a_unit(std::string_view component) {
    constexpr std::array<std::string_view, 5> kSuffixes = {".service", ".scope", ".socket",
                                                           ".mount", ".swap"};
    return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                       [&](std::string_view suffix) { return component.ends_with(suffix); });
}

void append(std::string& out, bool shown, std::string_view name, std::string_view value) {
    if (!shown) return;
    out += ',';
    append_label(out, name, value);
}

}  // namespace

void append_labels(std::string& out, const Target& target, std::string_view path,
                   const vfswatch_sum_key& key, std::string_view cgroup) {
    const LabelFields& fields = target.labels;
    append_label(out, "target", target.name);
    out += ',';
    append_label(out, "path", path);
    append(out, fields.pid, "pid", std::to_string(key.tgid));
    append(out, fields.comm, "comm", {key.comm, strnlen(key.comm, sizeof(key.comm))});
    append(out, fields.uid, "uid", std::to_string(key.uid));
    append(out, fields.unit, "unit", unit_of(cgroup));
    append(out, fields.cgroup, "cgroup", cgroup);
    append(out, fields.container, "container", container_of(cgroup));
    append(out, fields.pod, "pod", pod_of(cgroup));
    append(out, fields.device, "device", device_text(key.device));
    append(out, fields.inode, "inode", std::to_string(key.inode));
    append(out, fields.call, "call", key.call == 0 ? "" : call_name(key.call - 1));
}

std::string_view unit_of(std::string_view cgroup) {
    std::string_view component;
    do {
        if (cgroup.empty()) return {};
        cgroup.remove_prefix(1);
        component = cgroup.substr(0, cgroup.find('/'));
        cgroup.remove_prefix(component.size());
    } while (component.ends_with(".slice"));
    if (!names_a_unit(component)) return {};
    if (component.starts_with('_')) component.remove_prefix(1);
    return component;
}

}  // namespace vfswatchd
