// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "kernel/trial.h"
#include "model/probe.h"

namespace vfswatchd {

template <typename Method>
struct RungOutcome {
    Method method;
    MethodTrial trial;
};

/// What was tried of both ladders (rungs.h), in order, and what was taken.
struct LadderOutcome {
    std::vector<RungOutcome<AccountingMethod>> accounting;
    std::vector<RungOutcome<ExitMethod>> exit;
    /// Absent: the kernel counts by no method, or not by those that were wished for.
    std::optional<ProbeMethods> chosen;

    /// Why nothing was chosen: each refusal, with the error code of the last.
    [[nodiscard]] Error refusals() const;
};

/// Called before each trial, which takes up to some seconds on a busy machine.
using BeforeTrial = std::function<void()>;

/// Tries each ladder down to its first exact rung; where none is exact, takes the first that works
/// at all. A wish is a ladder of one rung.
/// Thread: one at a time.
[[nodiscard]] LadderOutcome climb_ladders(const ProbeWishes& wishes,
                                          const BeforeTrial& before_trial);

/// Which hooks turned out to be skipped.
struct Misses {
    bool accounting = false;
    bool exit = false;
};

/// Exact methods for what misses now, below the ones in use on their ladders; what was wished for
/// stays. Absent: there is nothing better.
/// Thread: one at a time.
[[nodiscard]] std::optional<ProbeMethods> find_better(ProbeMethods now, const ProbeWishes& wishes,
                                                      Misses misses,
                                                      const BeforeTrial& before_trial);

}  // namespace vfswatchd
