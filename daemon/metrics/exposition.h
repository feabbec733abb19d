// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "metrics/series_table.h"

namespace vfswatchd {

/// What one moment's page shows; shares nothing that changes with the table it came from.
struct SeriesPage {
    std::string preamble;  ///< what comes before the series: whole families, a newline at the end
    std::vector<SeriesRow> rows;
};

/// One page in the text format 0.0.4, written piece by piece, so that a page of any size needs one
/// line of memory beside what it shows and the reader's buffer.
/// Thread: one reader; other streams of the same page may run on others.
class ScrapeStream {
  public:
    explicit ScrapeStream(std::shared_ptr<const SeriesPage> page);

    /// Fills the buffer with what comes next; less than `capacity` only at the end of the page,
    /// 0 behind it.
    std::size_t read(char* buffer, std::size_t capacity);

  private:
    std::size_t write_whole_lines(char* buffer, std::size_t capacity);
    void begin_next_family();
    void clear_pending();

    [[nodiscard]] const std::vector<SeriesRow>& rows() const { return page_->rows; }

    std::shared_ptr<const SeriesPage> page_;
    std::size_t preamble_taken_ = 0;
    std::string pending_;  ///< what did not fit into the reader's buffer
    std::size_t pending_taken_ = 0;
    std::size_t families_begun_ = 0;
    std::size_t row_ = 0;  ///< next of the family begun last
};

}  // namespace vfswatchd
