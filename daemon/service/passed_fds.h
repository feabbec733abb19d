// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vfswatchd {

/// What names in the descriptor store begin with; those of sockets do not.
inline constexpr std::string_view kKeptPrefix = "kept.";

/// A descriptor that systemd handed over, and what it calls it.
struct PassedFd {
    std::string name;
    UniqueFd fd;
};

/// All that systemd handed over when it started this process.
struct PassedFds {
    std::vector<PassedFd> kept;  ///< from the descriptor store, for Keeper
    std::vector<PassedFd>
        sockets;  ///< the rest: of .socket units, named as FileDescriptorName= says
};

/// Takes them all, so that nobody else may ask for them: once a process. Both empty: none were
/// handed over.
/// Errors: what the environment says of them makes no sense.
/// Source: sd_listen_fds_with_names(3).
[[nodiscard]] Result<PassedFds> take_passed_fds();

}  // namespace vfswatchd
