// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"
#include "live/fetch.h"
#include "live/table.h"

namespace vfswatchd {

/// What `vfswatchctl top` shows.
struct TopSettings {
    FetchSettings fetch;
    Grouping by;
    SortKey sort = SortKey::kBytes;
    std::string path;                 ///< see matches_path(); empty: all
    std::optional<std::size_t> rows;  ///< at most; absent: what fits, 20 where nothing limits them
    std::chrono::milliseconds interval{2000};
    bool once = false;
    bool json = false;
};

/// Shows which files are read most, again and again: as a picture where stdin and stdout are a
/// terminal that can draw, else as tables or objects one after the other. Returns when it is asked
/// to end (q, a signal, nobody reads stdout any more) or, with `once`, after one table.
/// Errors: there is no page at the start or, with `once`, at the end of the interval. Later on the
/// picture shows them, and stderr beside tables and objects.
/// Thread: the process's first.
[[nodiscard]] Result<void> show_top(const TopSettings& settings);

}  // namespace vfswatchd
