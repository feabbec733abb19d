// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "config/checked.h"

namespace vfswatchd {

/// A process's comm, as it is: 1 to 15 bytes.
[[nodiscard]] Checked<void> check_comm(std::string_view text);

/// A path pattern that an executable's whole path can match.
[[nodiscard]] Checked<void> check_exe(std::string_view text);

/// A systemd unit that may hold processes; `*` and `?` are wildcards, a backslash is itself.
[[nodiscard]] Checked<void> check_unit(std::string_view text);

/// A path pattern below the root of the cgroup hierarchy.
[[nodiscard]] Checked<void> check_cgroup(std::string_view text);

}  // namespace vfswatchd
