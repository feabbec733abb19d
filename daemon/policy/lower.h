// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tl/expected.hpp>
#include <vector>

#include "config/config.h"
#include "config/fault.h"
#include "model/filter.h"
#include "model/target.h"

namespace vfswatchd {

/// The kernel's filter tables, or all that keeps the config from becoming them: at least one fault.
using FilterOrFaults = tl::expected<Filter, std::vector<ConfigFault>>;

/// Turns the checked config into the kernel's filter tables. Pure: no I/O.
/// Errors: the patterns of all targets together need more than VFSWATCH_MAX_PATH_STATES states,
/// told at the pattern with which the limit was passed; include patterns of targets with snippets
/// that name sensitive files. All at once, up to kMaxFaults.
[[nodiscard]] FilterOrFaults lower(const Config& config);

/// The targets as their metrics show them, in config order.
[[nodiscard]] std::vector<Target> describe_targets(const Config& config);

[[nodiscard]] TableSizes table_sizes(const Config& config, const Filter& filter);

}  // namespace vfswatchd
