// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"

struct bpf_link;
struct bpf_program;

namespace vfswatchd {

/// Attaches one program where its section says. The skeleton that owns `link` destroys it.
[[nodiscard]] Result<void> attach(bpf_program* program, bpf_link*& link);

/// Runs that the kernel skipped because the program was already active on the CPU.
/// Source: bpf_prog_info.recursion_misses.
[[nodiscard]] std::uint64_t recursion_misses(const bpf_program* program);

}  // namespace vfswatchd
