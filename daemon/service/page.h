// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kernel/probes.h"
#include "model/target.h"

namespace vfswatchd {

/// The page at `/`: what this is, what it watches and how, and where the numbers are. No scripts.
[[nodiscard]] std::string render_page(const std::vector<Target>& targets,
                                      const std::vector<AttachedProbe>& probes);

}  // namespace vfswatchd
