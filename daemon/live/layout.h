// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "live/cells.h"
#include "live/table.h"

namespace vfswatchd {

enum class LineStyle { kPlain, kTitle, kColumns, kError };

struct Line {
    std::string text;
    LineStyle style = LineStyle::kPlain;
};

/// What stands above the rows.
struct Heading {
    std::string source;  ///< the endpoint
    std::string time;
    std::string error;        ///< of the last attempt; empty: it went well
    double wait_seconds = 0;  ///< until there is a first table
    bool paused = false;
    bool help = false;
};

struct Canvas {
    std::size_t columns = 0;  ///< 0: as many as the text takes
    std::size_t lines = 0;    ///< 0: as many as there are
    Charset charset = Charset::kUtf8;
};

/// How many rows of a table fit.
[[nodiscard]] std::size_t rows_that_fit(const Canvas& canvas);

/// One picture: no line is wider than the canvas, and there are not more than it has.
/// `interval` and `table`: nullptr while there is none.
[[nodiscard]] std::vector<Line> lay_out(const Heading& heading, const Interval* interval,
                                        const Table* table, const TableChoice& choice,
                                        const Canvas& canvas);

}  // namespace vfswatchd
