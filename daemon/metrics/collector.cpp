// SPDX-License-Identifier: Apache-2.0
#include "metrics/collector.h"

#include <string>
#include <utility>

#include "metrics/table_metrics.h"

namespace vfswatchd {

Exposition::Exposition(std::vector<Target> targets, SeriesLimits limits)
    : table_(std::move(targets), limits) {}

std::unique_ptr<ScrapeStream> Exposition::scrape(const ReadSnapshot& snapshot,
                                                 const SelfMetrics& self,
                                                 SeriesTable::TimePoint now) {
    std::string preamble = render_self_metrics(self, table_.targets());
    table_.apply(snapshot, now);
    preamble += render_table_metrics(table_);
    return std::make_unique<ScrapeStream>(std::move(preamble), table_.rows());
}

}  // namespace vfswatchd
