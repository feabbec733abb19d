// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.h"
#include "model/filter.h"
#include "service/exit_code.h"
#include "service/log.h"
#include "service/reload.h"
#include "service/web_access.h"

namespace vfswatchd {

/// `filter` is the config, lowered; `source` reads it again for a reload; `web` is good. Listens,
/// attaches, and serves until SIGTERM or SIGINT; leaves nothing in the kernel that the config does
/// not want there (persist_on_stop). What goes wrong is logged here, once, with what to do about
/// it.
[[nodiscard]] ExitCode run_daemon(const ConfigSource& source, const Config& config,
                                  const Filter& filter, WebReading web, const Log& log);

}  // namespace vfswatchd
