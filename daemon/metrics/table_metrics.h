// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "metrics/series_table.h"

namespace vfswatchd {

/// What the table knows beside its series, as exposition text: the targets' totals, errors,
/// durations and overflow, what was charged to no file, and how full the table is.
std::string render_table_metrics(const SeriesTable& table, const TargetChoice& choice = {});

}  // namespace vfswatchd
