// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "metrics/exposition.h"
#include "metrics/self_metrics.h"
#include "metrics/series_table.h"
#include "model/reads.h"
#include "model/target.h"

namespace vfswatchd {

/// The series and all that the endpoint says beside them.
/// Thread: one at a time; a page being read holds nothing that another needs.
class Exposition {
  public:
    Exposition(std::vector<Target> targets, SeriesLimits limits);

    /// Adds a snapshot and makes the page that shows it, of the chosen targets.
    [[nodiscard]] SeriesPage scrape(const ReadSnapshot& snapshot, const SelfMetrics& self,
                                    SeriesTable::TimePoint now, const TargetChoice& choice = {});

    /// For what happens between two scrapes.
    [[nodiscard]] SeriesTable& table() { return table_; }

  private:
    SeriesTable table_;
};

}  // namespace vfswatchd
