// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "model/probe.h"

namespace vfswatchd {

/// How one method did on this kernel.
struct MethodTrial {
    bool works = false;  ///< the kernel took its programs and ran them
    bool exact = false;
    Error reason;  ///< why it is not exact, when it is not
};

struct Trial {
    MethodTrial accounting;
    MethodTrial exit;
};

/// Loads the programs and lets them count known reads of this process: more threads than fit on
/// one CPU, so that they are preempted inside the program, each turning between a file of its own
/// and one that all share, to its end and beyond. Exact: every read is under its file, and every
/// end of file was seen.
/// Why by trial: neither the kernel's version nor a successful attach tells whether an LSM program
/// ever fires, nor whether a trampoline skips it.
/// Takes about a quarter of a second beside the load.
[[nodiscard]] Trial try_methods(ProbeMethods methods);

}  // namespace vfswatchd
