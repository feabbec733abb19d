// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace vfswatchd {

/// A flag that a program or a command takes.
struct FlagSpec {
    int id;  ///< the caller's own
    const char* name;
    const char* argument;               ///< its name in the help; nullptr: takes none
    const char* help;                   ///< may have several lines
    char letter = '\0';                 ///< its short form; '\0': has none
    const char* environment = nullptr;  ///< the variable that it overrides; nullptr: has none
    const char* words = nullptr;  ///< what its argument may be, blanks between; nullptr: anything
};

/// Of a program's commands; their own ids are not negative.
inline constexpr FlagSpec kHelpFlag = {-1, "help", nullptr, "print this help and exit"};

/// A flag as it was given.
struct GivenFlag {
    int id;
    std::string name;      ///< with its dashes, for messages
    std::string argument;  ///< empty: takes none, or an empty one was given
};

/// Reads the flags behind arguments[0], which is not looked at, in their order.
/// Errors: names what is wrong: an unknown or misused flag, or an argument that is none.
/// Thread: one at a time (getopt_long).
[[nodiscard]] Result<std::vector<GivenFlag>> read_flags(std::vector<std::string> arguments,
                                                        std::span<const FlagSpec> table);

/// The lines of --help that describe these flags.
[[nodiscard]] std::string flags_help(std::span<const FlagSpec> table);

}  // namespace vfswatchd
