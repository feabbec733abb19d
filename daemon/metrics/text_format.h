// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/catalogue.h"

namespace vfswatchd {

/// The exposition format's text, for counters that must be exact: a double, and so prometheus-cpp's
/// serializer, has no integers above 2^53.

/// Appends a family's HELP and TYPE lines.
void append_family_header(std::string& out, const Metric& metric);

/// Appends one sample line. Labels are as the page has them, braces included, or empty.
void append_sample(std::string& out, const Metric& metric, std::string_view labels,
                   std::uint64_t value);

}  // namespace vfswatchd
