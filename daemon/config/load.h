// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/parse.h"

namespace vfswatchd {

/// Reads and checks `main_file` and conf.d/*.yaml beside it, in the order of their names.
/// Errors: all faults at once; a file that cannot be read is one of them, with what to do.
[[nodiscard]] ConfigOrFaults load_config(const std::string& main_file);

/// Reads and checks a web config file, but not the files that it names.
/// Errors: as load_config().
[[nodiscard]] WebConfigOrFaults load_web_config(const std::string& file);

}  // namespace vfswatchd
