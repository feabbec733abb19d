// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vfswatchd {

enum class GlobKind : std::uint8_t {
    kByte,        ///< that byte
    kCharacter,   ///< `?`: one valid UTF-8 character but `/`
    kSegmentRun,  ///< `*`: any bytes but `/`, or none
    kRun,         ///< `**`: any bytes, or none
    kAnyDepth,    ///< `**/` where a component starts: nothing, or anything that ends in `/`
    kSlices,      ///< nothing, or components that end in `.slice`, each with the `/` behind it
    kBelow,       ///< last step of a plain name: nothing, or `/` and anything
};

/// One step of a pattern; a path matches when its bytes can be split over all steps in order.
struct GlobStep {
    GlobKind kind = GlobKind::kByte;
    std::uint8_t byte = 0;

    friend bool operator==(const GlobStep&, const GlobStep&) = default;
};

/// Reads a pattern. Never fails: a backslash that starts no escape stands for itself, three and
/// more stars are as two, and the empty pattern has no steps and matches nothing.
///
/// - `\xNN`, `\\`, `\*`, `\?` are single bytes; every other byte but `*` and `?` is itself.
/// - Without a wildcard: that name, and everything below it; with a `/` at the end only what is
///   below, so `/` is every absolute path.
/// - With a wildcard the whole path has to match. `/a/**/b` matches `/a/b` too, but `/a/**` not
///   `/a` itself: reads of a directory carry no file's bytes.
/// - `?` is one character of the path's label, not one byte; a byte that is not UTF-8 is matched
///   by its escape or by a run.
/// - A pattern that does not start with `/` matches at any depth and may name what has no path
///   (`pipe:`).
[[nodiscard]] std::vector<GlobStep> parse_glob(std::string_view text);

/// What systemd calls the cgroup of a unit. `text` may be a pattern.
/// Source: cg_escape() in systemd's cgroup-util.c, which keeps units apart from cgroupfs's files.
[[nodiscard]] std::string unit_directory(std::string_view text);

/// Reads a systemd unit's name as a pattern of its cgroup's path and of all below it. Only slices
/// may be above it, so a unit of this name in a container or of a user's manager does not match.
/// `*` and `?` are wildcards, a backslash is itself.
[[nodiscard]] std::vector<GlobStep> parse_unit(std::string_view text);

}  // namespace vfswatchd
