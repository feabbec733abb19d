// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
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

/// A user's number by the user's name; absent: there is no such user.
using UserLookup = std::function<Result<std::optional<std::uint32_t>>(const std::string& name)>;

/// Asks this machine's user databases.
/// Errors: a database could not be asked.
/// Source: getpwnam_r(3), nsswitch.conf(5).
[[nodiscard]] Result<std::optional<std::uint32_t>> look_up_user(const std::string& name);

/// A user's number, written as such or as the user's name.
[[nodiscard]] Checked<std::uint32_t> parse_uid(std::string_view text, const UserLookup& find_user);

}  // namespace vfswatchd
