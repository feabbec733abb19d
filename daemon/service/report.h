// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/config.h"
#include "model/filter.h"
#include "service/waiting.h"

namespace vfswatchd {

/// What `--check-config` says of a good configuration: its targets, the kernel memory it will
/// take, the series it can make at worst, what it copies, and what its targets wait for.
[[nodiscard]] std::string describe(const Config& config, const Filter& filter);

/// `2 targets: nginx, postgres`
[[nodiscard]] std::string summary(const Config& config);

}  // namespace vfswatchd
