// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "live/cells.h"
#include "live/table.h"

namespace vfswatchd {

/// The table's lines: first the columns' titles, then a line a row. Where the lines have to be
/// narrow, columns are left out, the least needed first, so that names keep room.
/// `columns`: width of a line; 0: as much as the text takes.
[[nodiscard]] std::vector<std::string> table_lines(const Table& table, const TableChoice& choice,
                                                   double seconds, std::size_t columns,
                                                   Charset charset);

}  // namespace vfswatchd
