// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/catalogue.h"
#include "model/reads.h"

namespace vfswatchd {

/// Nanoseconds in seconds, to the last digit: `1.000000001`. No double is in between.
std::string exact_seconds(std::uint64_t ns);

/// Where a bucket ends, in seconds as the label `le` has it: `1e-06` ... `0.000128` ...
/// `16.777216`, `+Inf`. The shortest text, which is also what Prometheus 3 makes of any other
/// spelling: the series are the same before and after an update.
std::string bucket_end(std::size_t bucket);

/// Appends one target's lines: the buckets, cumulative, then _sum and _count.
void append_histogram(std::string& out, const Metric& metric, std::string_view target,
                      const ReadDurations& durations);

}  // namespace vfswatchd
