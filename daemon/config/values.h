// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/checked.h"
#include "config/config.h"

namespace vfswatchd {

/// Decimal digits only, so that no number can be read in two ways.
[[nodiscard]] Checked<std::int64_t> parse_count(std::string_view text, std::int64_t min,
                                                std::int64_t max);

/// `15s`, `1m30s`, `2h`: each unit at most once, the large ones first.
[[nodiscard]] Checked<std::chrono::seconds> parse_duration(std::string_view text,
                                                           std::chrono::seconds min,
                                                           std::chrono::seconds max);

/// `true` or `false`, no other spelling.
[[nodiscard]] Checked<bool> parse_bool(std::string_view text);

/// host:port, [v6]:port, unix:/path or systemd. The host comes back in its canonical spelling.
[[nodiscard]] Checked<ListenAddress> parse_address(std::string_view text);

/// Permissions of a file, in octal.
[[nodiscard]] Checked<std::uint32_t> parse_mode(std::string_view text);

/// A path that a message can show as it is.
[[nodiscard]] Checked<void> check_file(std::string_view text);

/// The path of a file that another file names; a relative one begins at that file's directory.
[[nodiscard]] std::string beside(const std::string& file, std::string_view path);

/// A target's name: [a-zA-Z0-9_.:-]{1,63}.
[[nodiscard]] Checked<void> check_name(std::string_view text);

/// A path pattern's shape: escapes, components, length.
[[nodiscard]] Checked<void> check_pattern(std::string_view text);

/// `1h30m`
[[nodiscard]] std::string format_duration(std::chrono::seconds duration);

}  // namespace vfswatchd
