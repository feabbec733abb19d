// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/meter.h"

namespace vfswatchd {

enum class SortKey { kBytes, kCalls, kSize, kErrors, kPath };

/// What is added up into one row.
enum class RowKind {
    kFile,    ///< all series of a target and a path
    kSeries,  ///< nothing: each is a row
    kTarget,  ///< all that the target read, what no file was charged with too
    kLabel,   ///< all series with one value of a label
};

struct Grouping {
    RowKind kind = RowKind::kFile;
    std::string label;  ///< kLabel: its name
};

/// Which rows a table has, and in which order.
struct TableChoice {
    Grouping by;
    SortKey sort = SortKey::kBytes;
    std::string path;  ///< see matches_path(); empty: all
    std::size_t most_rows = 0;
};

struct Row {
    Labels labels;
    ReadCounts counts;  ///< of the interval
};

struct Table {
    std::vector<Row> rows;
    std::size_t all_rows = 0;    ///< there would be without a limit
    ReadCounts total;            ///< of all rows; without a chosen path of all targets
    bool label_missing = false;  ///< no series has the label that the rows are made by
};

/// A pattern with `*`, `?` or `[` as fnmatch(3) has it, over the whole path, where `*` crosses
/// directories; without, a part of the path.
[[nodiscard]] bool matches_path(const std::string& pattern, const std::string& path);

[[nodiscard]] std::optional<SortKey> sort_key_of(std::string_view name);
[[nodiscard]] std::string_view sort_key_name(SortKey key);

/// Rows of what was read in the interval; what nobody read is left out.
[[nodiscard]] Table make_table(const Interval& interval, const TableChoice& choice);

}  // namespace vfswatchd
