// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "config/config.h"
#include "model/filter.h"
#include "service/keeper.h"
#include "service/log.h"
#include "service/refusal.h"
#include "service/watch.h"

namespace vfswatchd {

/// Attached probes and their counts: those of the process before, where it left some that this
/// configuration can go on with, else new ones. `keeper` is nullptr where nobody keeps anything.
/// What the process before attached still counts, until the watch lets it go.
[[nodiscard]] OrRefusal<std::shared_ptr<Watch>> go_on_or_start(const Config& config,
                                                               const Filter& filter, Keeper* keeper,
                                                               const Log& log);

}  // namespace vfswatchd
