// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.h"
#include "service/exit_code.h"
#include "service/log.h"

namespace vfswatchd {

/// Listens, attaches, and serves until SIGTERM or SIGINT; leaves nothing in the kernel.
/// What goes wrong is logged here, once, with what to do about it.
[[nodiscard]] ExitCode run_daemon(const Config& config, const Log& log);

}  // namespace vfswatchd
