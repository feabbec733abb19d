// SPDX-License-Identifier: Apache-2.0
#include "metrics/collector.h"

#include <string>
#include <utility>

#include "metrics/table_metrics.h"

namespace vfswatchd {

Exposition::Exposition(std::vector<Target> targets, SeriesLimits limits)
    : table_(std::move(targets), limits) {}

SeriesPage Exposition::scrape(const ReadSnapshot& snapshot, const SelfMetrics& self,
                              SeriesTable::TimePoint now, const TargetChoice& choice) {
    table_.apply(snapshot, now);
    return {
        render_self_metrics(self, table_.targets(), choice) + render_table_metrics(table_, choice),
        table_.rows(choice)};
}

}  // namespace vfswatchd
