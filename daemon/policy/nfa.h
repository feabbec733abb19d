// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/target.h"
#include "policy/glob.h"

namespace vfswatchd {

/// Which bytes leave a state where it is, beside its edges.
enum class NfaLoop : std::uint8_t { kNone, kAllButSlash, kAll };

struct NfaEdge {
    std::uint8_t first = 0;
    std::uint8_t last = 0;  ///< inclusive
    std::uint32_t to = 0;
};

struct NfaState {
    std::vector<NfaEdge> edges;
    std::vector<std::uint32_t> empty_edges;
    NfaLoop loop = NfaLoop::kNone;
    TargetMask include = 0;  ///< whose include patterns match a path that ends here
    TargetMask exclude = 0;

    // Filled in by PathNfa::finish().
    std::vector<std::uint32_t> closure;  ///< this state and all behind empty edges, ascending
    TargetMask reach_include = 0;        ///< include of this state and of all that can follow
    TargetMask reach_exclude = 0;
};

/// All targets' patterns as one nondeterministic automaton over bytes. Patterns share the states
/// of the steps that they begin with, so the same pattern in 64 targets costs as much as in one.
/// Every edge leads to a higher state number, but for the way back behind each slice (kSlices).
class PathNfa {
  public:
    static constexpr std::uint32_t kRoot = 0;

    PathNfa() : states_(1) {}

    void add(const std::vector<GlobStep>& steps, TargetMask include, TargetMask exclude);

    /// To be called once, after the last add().
    void finish();

    [[nodiscard]] const std::vector<NfaState>& states() const { return states_; }

  private:
    std::uint32_t add_state(NfaLoop loop);
    std::uint32_t follow(std::uint32_t from, GlobStep step);
    std::uint32_t make_step(std::uint32_t from, GlobStep step);
    std::uint32_t make_character(std::uint32_t from);
    std::uint32_t make_any_depth(std::uint32_t from);
    std::uint32_t make_slices(std::uint32_t from);
    std::uint32_t make_run(std::uint32_t from, NfaLoop loop);
    void add_edge(std::uint32_t from, int first, int last, std::uint32_t to);

    void close(std::size_t number);
    bool spread_reach();

    std::vector<NfaState> states_;
    std::unordered_map<std::uint64_t, std::uint32_t> steps_taken_;
};

}  // namespace vfswatchd
