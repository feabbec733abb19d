// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace vfswatchd {

/// Where the cgroup2 file system is mounted, on unified and on hybrid hierarchies; empty: nowhere.
[[nodiscard]] std::string cgroup_root();

/// What targets wait for because it is not there yet, or name in a way in which it is never seen:
/// a line each, with its place in the configuration.
/// Files are looked up by name only and never opened, so a FIFO or a device does not notice.
/// cgroups: the root of the hierarchy that units and cgroups are looked for in; empty: they are
/// not.
[[nodiscard]] std::vector<std::string> not_there_yet(const Config& config,
                                                     const std::string& cgroups = cgroup_root());

}  // namespace vfswatchd
