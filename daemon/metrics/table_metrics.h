// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "metrics/series_table.h"

namespace vfswatchd {

/// What the table knows beside its series, as exposition text: the targets' totals, errors,
/// durations and overflow, what was charged to no file, and how full the table is.
std::string render_table_metrics(const SeriesTable& table);

/// An error's name as errno(3) has it; the number where it has none; 0: `other`.
std::string errno_name(int number);

}  // namespace vfswatchd
