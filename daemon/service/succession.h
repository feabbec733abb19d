// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "config/config.h"
#include "model/filter.h"
#include "service/estate.h"
#include "service/log.h"
#include "service/refusal.h"
#include "service/watch.h"

namespace vfswatchd {

/// The probes and counts of the process before, where it left some that this configuration can go
/// on with; nullptr: it did not, and nothing is kept any more. Either way nothing is pinned any
/// more: what was belongs to this process, and to its keeper where it has one. What the process
/// before attached still counts, until the watch lets it go. `resets` says why what was left was of
/// no use, and so does the log.
[[nodiscard]] std::shared_ptr<Watch> go_on_or_forget(const Config& config, const Filter& filter,
                                                     const EstatePlaces& places,
                                                     StateResets& resets, const Log& log);

/// Newly attached probes, by the best methods that this kernel has; all counts are 0.
[[nodiscard]] OrRefusal<std::shared_ptr<Watch>> start_anew(const Config& config,
                                                           const Filter& filter, const Log& log);

}  // namespace vfswatchd
