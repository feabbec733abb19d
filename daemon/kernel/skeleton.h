// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// The generated skeleton uses the contract's types without including them.
#include "bpf/vfswatch_abi.h"
//
#include "vfswatch.skel.h"

namespace vfswatchd {

/// Opens the BPF object. Without `typed_cast` (the kfunc bpf_rdonly_cast of Linux 6.2) it is the
/// build whose kprobe.multi programs are of no use; all names are the same.
/// Errors: nullptr and errno. Ownership: vfswatch_bpf__destroy().
[[nodiscard]] vfswatch_bpf* open_skeleton(bool typed_cast);

}  // namespace vfswatchd
