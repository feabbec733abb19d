// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace vfswatchd {

/// What is to be said at each start of targets with snippets, a line each: that they copy, and
/// which of them copies sensitive files too. Empty: nothing is copied.
[[nodiscard]] std::vector<std::string> snippet_warnings(const Config& config);

}  // namespace vfswatchd
