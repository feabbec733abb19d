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

/// A user's or a group's number by its name; absent: there is no such one.
using IdLookup = std::function<Result<std::optional<std::uint32_t>>(const std::string& name)>;

/// Asks this machine's databases.
/// Errors: a database could not be asked.
/// Source: getpwnam_r(3), getgrnam_r(3), nsswitch.conf(5).
[[nodiscard]] Result<std::optional<std::uint32_t>> look_up_user(const std::string& name);
[[nodiscard]] Result<std::optional<std::uint32_t>> look_up_group(const std::string& name);

/// Whom names are asked of.
struct Lookups {
    IdLookup user = look_up_user;
    IdLookup group = look_up_group;
};

/// A user's or a group's number, written as such or as its name.
[[nodiscard]] Checked<std::uint32_t> parse_uid(std::string_view text, const IdLookup& find_user);
[[nodiscard]] Checked<std::uint32_t> parse_gid(std::string_view text, const IdLookup& find_group);

}  // namespace vfswatchd
