// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "base/result.h"

namespace vfswatchd {

/// Copies a manual page. What stands between the lines `.\" Made by vfswatchd_manual: PART` and
/// `.\" End` is made anew from the tables of flags, commands, keys and metrics.
/// Errors: an unknown PART, or one without its end.
[[nodiscard]] Result<void> fill_page(std::istream& in, std::ostream& out);

}  // namespace vfswatchd
