// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "config/config.h"
#include "config/fault.h"
#include "config/selectors.h"

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
/// `find_user` does for the names of users.
/// Errors: all faults of all files at once, up to kMaxFaults.
[[nodiscard]] ConfigOrFaults parse_config(const ConfigText& main,
                                          const std::vector<ConfigText>& drop_ins = {},
                                          const UserLookup& find_user = look_up_user);

}  // namespace vfswatchd
