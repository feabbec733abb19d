// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <tl/expected.hpp>
#include <vector>

#include "bpf/vfswatch_abi.h"
#include "config/config.h"
#include "config/fault.h"

namespace vfswatchd {

/// The automata of files', of executables' and of cgroups' paths and of the files that are
/// sensitive, one behind the other.
struct PathTable {
    /// VFSWATCH_PATH_DEAD, which all share, then of each its start and the others in the order of
    /// their paths; files' start is VFSWATCH_PATH_START.
    std::vector<vfswatch_path_state> states;
    std::uint32_t exe_start = 0;        ///< 0: no target names an executable
    std::uint32_t cgroup_start = 0;     ///< 0: no target names a unit or cgroup
    std::uint32_t sensitive_start = 0;  ///< 0: no target with snippets is bound by the list
};

using PathsOrFault = tl::expected<PathTable, ConfigFault>;

/// The patterns of at most VFSWATCH_MAX_TARGETS targets as the kernel's automata, each as small
/// as it can be. One is fed a whole path from its first byte; `targets` of the state in which the
/// path ends are the targets that want it, or those that may not copy it. What patterns mean:
/// policy/glob.h.
/// Errors: more than max_states (at most VFSWATCH_MAX_PATH_STATES) together, of which the list of
/// sensitive files has its share first; names the first pattern that does not fit any more.
[[nodiscard]] PathsOrFault compile_paths(const std::vector<TargetConfig>& targets,
                                         std::size_t max_states = VFSWATCH_MAX_PATH_STATES);

}  // namespace vfswatchd
