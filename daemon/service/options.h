// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "service/flags.h"
#include "service/log.h"
#include "service/log_level.h"

namespace vfswatchd {

/// What the command line and the environment say.
struct Options {
    std::string config_file = "/etc/vfswatchd/vfswatchd.yaml";
    bool check_config = false;
    bool show_version = false;
    bool show_help = false;
    std::vector<ListenAddress> listen;  ///< not empty: instead of the file's
    LogLevel log_level = LogLevel::kInfo;
};

/// The flags of the daemon.
[[nodiscard]] std::span<const FlagSpec> daemon_flags();

/// As getenv(3): nullptr where the variable is not set.
using Getenv = std::function<const char*(const char*)>;

/// Flags win over the environment; an empty variable counts as not set. With --help or --version
/// nothing else is looked at. Pure, but for getopt's own state.
/// Errors: the message names the flag or variable and the remedy (exit code 64).
/// Thread: one at a time (getopt_long).
[[nodiscard]] Result<Options> parse_options(std::vector<std::string> arguments,
                                            const Getenv& environment);

/// What --help prints, made from the table that the parser uses.
[[nodiscard]] std::string help_text();

/// Puts what the options say in place of what the files say.
void apply_options(const Options& options, Config& config);

}  // namespace vfswatchd
