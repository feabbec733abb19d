// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "live/table.h"

namespace vfswatchd {

/// One line, an object: the interval, the totals, and the rows in their order, each with its
/// labels, what was read in the interval and what that is a second.
[[nodiscard]] std::string rates_json(const std::string& source,
                                     std::chrono::system_clock::time_point time,
                                     const Interval& interval, const Table& table,
                                     const TableChoice& choice);

}  // namespace vfswatchd
