// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/control_protocol.h"
#include "service/exit_code.h"
#include "service/pinned_state.h"

namespace vfswatchd {

/// What `vfswatchctl unpin` looks at: where a daemon as shipped has it.
struct UnpinPlaces {
    std::string control_directory = kControlDirectory;
    PinnedPlaces pinned;
};

/// Removes what a stopped daemon left for its next start, of any boot, and prints what that was.
/// Returns kUnavailable while a daemon runs, and kPermission, with the reason on stderr.
[[nodiscard]] ExitCode unpin(const UnpinPlaces& places);

}  // namespace vfswatchd
