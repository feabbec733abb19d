// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "model/filter.h"
#include "model/target.h"

namespace vfswatchd {

/// Turns the checked config into the kernel's filter tables. Pure: no I/O.
/// Errors: the patterns of all targets together need more than VFSWATCH_MAX_PATH_STATES states;
/// the message names the place of the pattern with which the limit was passed and the remedy.
[[nodiscard]] Result<Filter> lower(const Config& config);

/// The targets as their metrics show them, in config order.
[[nodiscard]] std::vector<Target> describe_targets(const Config& config);

[[nodiscard]] TableSizes table_sizes(const Config& config, const Filter& filter);

}  // namespace vfswatchd
