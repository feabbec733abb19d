// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel/probes.h"
#include "model/reads.h"
#include "model/target.h"

namespace vfswatchd {

/// A target and what came of it so far.
struct TargetState {
    Target target;
    ReadCounts total;
    ReadCounts overflow;  ///< of it, what has no series of its own
    std::size_t series = 0;
};

/// What the page at `/` says of the daemon.
struct Overview {
    bool counts = false;  ///< false: the probes are not attached yet
    std::vector<TargetState> targets;
    std::vector<AttachedProbe> probes;
    std::size_t series = 0;
    std::size_t series_limit = 0;
};

/// The page at `/`: what this is, what it watches and how, and where the numbers are. No scripts,
/// nothing from elsewhere.
[[nodiscard]] std::string render_page(const Overview& overview);

}  // namespace vfswatchd
