// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/exit_code.h"
#include "service/flags.h"

namespace vfswatchd {

/// What `vfswatchctl reload` is asked to do.
struct ReloadOptions {
    std::string socket;  ///< of the daemon
};

[[nodiscard]] std::span<const FlagSpec> reload_flags();

/// Errors: the message names the flag and what it expects.
[[nodiscard]] Result<ReloadOptions> reload_options(const std::vector<GivenFlag>& flags);

/// Asks the daemon to load its configuration, waits for as long as it takes, and prints what became
/// of it: on stdout where it is in force, else on stderr.
/// Returns what the daemon says; kPermission and kUnavailable also where it cannot be asked.
[[nodiscard]] ExitCode reload(const ReloadOptions& options);

}  // namespace vfswatchd
