// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "bpf/vfswatch_abi.h"
#include "config/config.h"

namespace vfswatchd {

/// The path patterns of at most VFSWATCH_MAX_TARGETS targets as the kernel's automaton, as small
/// as it can be. It is fed a whole path from its first byte; `targets` of the state in which the
/// path ends are the targets that want it. What patterns mean: policy/glob.h.
/// Shape: VFSWATCH_PATH_DEAD, VFSWATCH_PATH_START, then the others in the order of their paths.
/// Errors: more than max_states (at most VFSWATCH_MAX_PATH_STATES); names the first pattern that
/// does not fit any more.
[[nodiscard]] Result<std::vector<vfswatch_path_state>> compile_paths(
    const std::vector<TargetConfig>& targets, std::size_t max_states = VFSWATCH_MAX_PATH_STATES);

}  // namespace vfswatchd
