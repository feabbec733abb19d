// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/exit_code.h"

namespace vfswatchd {

/// What became of a request to load the configuration anew: what `vfswatchctl reload` prints and
/// ends with.
struct ReloadOutcome {
    ExitCode code = ExitCode::kOk;
    std::vector<std::string> lines;  ///< for people; faults as format_fault() writes them
};

}  // namespace vfswatchd
