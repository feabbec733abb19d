// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "model/probe.h"

namespace vfswatchd {

/// What targets ask for and will not get from this kernel by these methods.
[[nodiscard]] std::vector<std::string> shortfalls(const Config& config, ProbeMethods methods);

}  // namespace vfswatchd
