// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "service/exit_code.h"
#include "service/flags.h"

namespace vfswatchd {

/// A command of vfswatchctl.
struct Command {
    const char* name;
    const char* summary;      ///< one line
    const char* description;  ///< several, with the exit statuses of its own
    std::span<const FlagSpec> (*flags)();
    /// Does what the flags say.
    /// Errors: what is wrong with them.
    Result<ExitCode> (*run)(const std::vector<GivenFlag>& flags);
};

/// Every command, in the order of the help.
[[nodiscard]] std::span<const Command> commands();

/// What vfswatchctl takes in a command's place.
[[nodiscard]] std::span<const FlagSpec> commandless_flags();

}  // namespace vfswatchd
