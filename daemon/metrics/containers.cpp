// SPDX-License-Identifier: Apache-2.0
#include "metrics/containers.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace vfswatchd {
namespace {

constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kUidBytes = 36;
// Of a pod that the kubelet has from a file: a hash instead of a uid.
constexpr std::size_t kHashDigits = 32;

// With the systemd driver; with cgroupfs the id stands alone, but Podman's keeps its name.
// A Podman that shares its unit's cgroup (Quadlet) calls the payload so.
constexpr std::array<std::string_view, 6> kRuntimes = {
    "docker-", "cri-containerd-", "crio-", "libpod-payload-", "libpod-", "nerdctl-"};

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// Without the beginning; empty: it begins otherwise.
std::string_view behind(std::string_view text, std::string_view beginning) {
    return text.starts_with(beginning) ? text.substr(beginning.size()) : std::string_view();
}

std::string_view without_end(std::string_view text, std::string_view end) {
    return text.ends_with(end) ? text.substr(0, text.size() - end.size()) : text;
}

/// systemd writes what a unit's name cannot hold as \xNN.
std::string unescaped(std::string_view text) {
    constexpr std::string_view kDash = "\\x2d";
    std::string out;
    for (std::size_t at = text.find(kDash); at != std::string_view::npos; at = text.find(kDash)) {
        out += text.substr(0, at);
        out += '-';
        text.remove_prefix(at + kDash.size());
    }
    return out += text;
}

std::string_view id_in(std::string_view component) {
    component = without_end(component, ".scope");
    // containerd without a systemd driver where the kubelet has one: slice:cri-containerd:id
    component = component.substr(component.rfind(':') + 1);
    const auto* runtime =
        std::find_if(kRuntimes.begin(), kRuntimes.end(),
                     [&](std::string_view prefix) { return component.starts_with(prefix); });
    if (runtime != kRuntimes.end()) component.remove_prefix(runtime->size());
    const bool is_id =
        component.size() == kIdDigits && std::all_of(component.begin(), component.end(), is_hex);
    return is_id ? component : std::string_view();
}

std::string name_in(std::string_view component) {
    if (component.ends_with(".service"))
        return unescaped(behind(without_end(component, ".service"), "systemd-nspawn@"));
    if (!component.ends_with(".scope")) return std::string(behind(component, "lxc.payload."));
    const std::string machine = unescaped(behind(without_end(component, ".scope"), "machine-"));
    // libvirt's machines are no containers.
    return machine.starts_with("qemu-") ? "" : machine;
}

std::string uid_in(std::string_view component) {
    component = without_end(component.substr(0, component.find(':')), ".slice");
    const std::size_t pod = component.rfind("pod");
    if (pod == std::string_view::npos || (pod != 0 && component[pod - 1] != '-')) return {};
    std::string uid(component.substr(pod + 3));
    // The systemd driver's, where a dash would be another slice.
    std::replace(uid.begin(), uid.end(), '_', '-');
    const auto is_uid_byte = [](char c) { return is_hex(c) || c == '-'; };
    const bool is_uid = (uid.size() == kUidBytes || uid.size() == kHashDigits) &&
                        std::all_of(uid.begin(), uid.end(), is_uid_byte);
    return is_uid ? uid : std::string();
}

/// What `find` makes of the innermost component that it makes something of.
template <typename Find>
std::string innermost(std::string_view cgroup, Find find) {
    while (!cgroup.empty()) {
        const std::size_t slash = cgroup.rfind('/');
        const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
        std::string found(find(cgroup.substr(begin)));
        if (!found.empty() || begin == 0) return found;
        cgroup = cgroup.substr(0, slash);
    }
    return {};
}

}  // namespace

std::string container_of(std::string_view cgroup) {
    return innermost(cgroup, [](std::string_view component) {
        const std::string_view id = id_in(component);
        return id.empty() ? name_in(component) : std::string(id);
    });
}

std::string pod_of(std::string_view cgroup) {
    return innermost(cgroup, uid_in);
}

}  // namespace vfswatchd
