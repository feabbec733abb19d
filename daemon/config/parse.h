// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "config/accounts.h"
#include "config/config.h"
#include "config/fault.h"
#include "model/web_config.h"

namespace vfswatchd {

/// One configuration file as it was read.
struct ConfigText {
    std::string file;  ///< as messages name it
    std::string text;
};

/// A checked configuration, or everything that is wrong with it: at least one fault, in the
/// order of files, lines and columns.
using ConfigOrFaults = tl::expected<Config, std::vector<ConfigFault>>;

/// Parses and checks the main file and the drop-ins that add targets to it. No I/O but what
/// `lookups` does for the names of users and groups.
/// Errors: all faults of all files at once, up to kMaxFaults.
[[nodiscard]] ConfigOrFaults parse_config(const ConfigText& main,
                                          const std::vector<ConfigText>& drop_ins = {},
                                          const Lookups& lookups = {});

using WebConfigOrFaults = tl::expected<WebConfig, std::vector<ConfigFault>>;

/// Parses and checks a web config file. No I/O.
/// Errors: all faults at once, up to kMaxFaults.
[[nodiscard]] WebConfigOrFaults parse_web_config(const ConfigText& source);

}  // namespace vfswatchd
