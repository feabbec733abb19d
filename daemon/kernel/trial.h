// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/probes.h"

namespace vfswatchd {

/// How one rung of the ladder did on this kernel.
struct TrialOutcome {
    AccountingMethod method;
    bool exact = false;
    Error reason;  ///< why it was refused, when it was
};

/// Loads the programs of one rung and lets them count known reads of this process: more threads
/// than fit on one CPU, so that they are preempted inside the program, each turning between a file
/// of its own and one that all share. Exact: every read is under its file.
/// Why by trial: neither the kernel's version nor a successful attach tells whether an LSM program
/// ever fires, nor whether a trampoline skips it.
/// Takes about a quarter of a second beside the load.
[[nodiscard]] TrialOutcome try_accounting(AccountingMethod method);

/// Tries the ladder from its best rung down to the first that is exact; the outcomes tell why the
/// others were refused. The last outcome is the chosen one if it is exact.
[[nodiscard]] std::vector<TrialOutcome> try_ladder();

}  // namespace vfswatchd
