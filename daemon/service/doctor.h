// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kernel/ladder.h"

namespace vfswatchd {

/// One thing that counting reads depends on.
struct Finding {
    enum class State { kOk, kWarning, kMissing };

    std::string subject;
    State state = State::kOk;
    std::string found;
    std::string remedy;  ///< empty when there is nothing to do
};

/// Asks this kernel, by trial where only a trial tells. Needs root for all of the answers.
[[nodiscard]] std::vector<Finding> examine();

/// What the trials say of both ladders.
[[nodiscard]] std::vector<Finding> judge_ladders(const LadderOutcome& outcome);

[[nodiscard]] bool can_count(const std::vector<Finding>& findings);

/// A line or two for each finding.
[[nodiscard]] std::string to_text(const std::vector<Finding>& findings);

[[nodiscard]] std::string to_json(const std::vector<Finding>& findings);

}  // namespace vfswatchd
