// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "metrics/series_table.h"

namespace vfswatchd {

/// One page in the text format 0.0.4, written piece by piece from a snapshot of the series, so that
/// a page of any size needs one line of memory beside the snapshot and the reader's buffer.
/// Thread: one reader; shares nothing that changes with the table it came from.
class ScrapeStream {
  public:
    /// The preamble is what comes before the series: whole families, a newline at the end.
    ScrapeStream(std::string preamble, std::vector<SeriesRow> rows);

    /// Fills the buffer with what comes next; less than `capacity` only at the end of the page,
    /// 0 behind it.
    std::size_t read(char* buffer, std::size_t capacity);

  private:
    std::size_t take_pending(char* buffer, std::size_t capacity);
    std::size_t write_whole_lines(char* buffer, std::size_t capacity);
    void begin_next_family();
    void clear_pending();

    std::string pending_;  ///< what did not fit into the reader's buffer
    std::size_t pending_taken_ = 0;
    std::vector<SeriesRow> rows_;
    std::size_t families_begun_ = 0;
    std::size_t row_ = 0;  ///< next of the family begun last
};

}  // namespace vfswatchd
