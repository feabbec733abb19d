// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "live/top.h"
#include "service/exit_code.h"
#include "service/flags.h"

namespace vfswatchd {

[[nodiscard]] std::span<const FlagSpec> top_flags();

/// Reads the password's file too.
/// Errors: the message names the flag and what it expects.
[[nodiscard]] Result<TopSettings> top_settings(const std::vector<GivenFlag>& flags);

/// Shows which files are read most, until it is ended. What is wrong is said on stderr.
[[nodiscard]] ExitCode top(const TopSettings& settings);

}  // namespace vfswatchd
