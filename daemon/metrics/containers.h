// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vfswatchd {

/// The container that a cgroup belongs to, the innermost one; empty: none. An id of 64 digits as
/// Docker, containerd, CRI-O and Podman give it; of systemd-nspawn and LXC the name.
/// Source: the cgroup drivers of those (cgroupfs and systemd), machinectl(1),
/// lxc.container.conf(5).
[[nodiscard]] std::string container_of(std::string_view cgroup);

/// The uid of the Kubernetes pod that a cgroup belongs to, as the API shows it; empty: none.
/// Source: pkg/kubelet/cm of Kubernetes.
[[nodiscard]] std::string pod_of(std::string_view cgroup);

}  // namespace vfswatchd
