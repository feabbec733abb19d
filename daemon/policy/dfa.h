// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/target.h"
#include "policy/nfa.h"

namespace vfswatchd {

/// A deterministic automaton over bytes, each state with the targets that want a path ending
/// there. State kDead wants nothing and never leaves.
struct PathDfa {
    static constexpr std::uint32_t kDead = 0;

    std::array<std::uint8_t, 256> class_of{};  ///< bytes that no state tells apart share a class
    std::uint32_t classes = 0;
    std::uint32_t start = 0;
    std::vector<std::uint32_t> next;  ///< [state * classes + class]
    std::vector<TargetMask> targets;  ///< [state]

    [[nodiscard]] std::size_t size() const { return targets.size(); }
};

/// Who is to be decided about, beside what the patterns say.
struct TargetSets {
    TargetMask all = 0;
    TargetMask without_include = 0;  ///< want every path that they do not exclude
};

/// Subset construction; exclude wins over include.
/// Errors: nullopt with more than max_states, or when time and memory pass what ordinary patterns
/// of so many states need by far; both are bounded whatever the patterns are.
[[nodiscard]] std::optional<PathDfa> determinize(const PathNfa& nfa, const TargetSets& sets,
                                                 std::size_t max_states);

}  // namespace vfswatchd
