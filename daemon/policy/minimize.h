// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "policy/dfa.h"

namespace vfswatchd {

/// Groups states that decide alike whatever follows.
/// Shape: for each state the number of its group, from 0 without gaps.
/// Source: Hopcroft, "An n log n algorithm for minimizing states in a finite automaton".
[[nodiscard]] std::vector<std::uint32_t> equivalent_states(const PathDfa& dfa);

}  // namespace vfswatchd
