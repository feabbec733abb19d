// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "model/filter.h"

namespace vfswatchd {

/// What `--check-config` says of a good configuration: its targets, the kernel memory it will
/// take and the series it can make at worst.
[[nodiscard]] std::string describe(const Config& config, const Filter& filter);

/// What a target waits for: pids and paths that are not there yet, each with its place.
[[nodiscard]] std::vector<std::string> not_there_yet(const Config& config);

/// `2 targets: nginx, postgres`
[[nodiscard]] std::string summary(const Config& config);

}  // namespace vfswatchd
