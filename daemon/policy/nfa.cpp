// SPDX-License-Identifier: Apache-2.0
#include "policy/nfa.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace vfswatchd {

std::uint32_t PathNfa::add_state(NfaLoop loop) {
    states_.emplace_back();
    states_.back().loop = loop;
    return static_cast<std::uint32_t>(states_.size() - 1);
}

void PathNfa::add_edge(std::uint32_t from, int first, int last, std::uint32_t to) {
    states_[from].edges.push_back(
        {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(last), to});
}

/// One well-formed UTF-8 character but `/`: table 3-7 of the Unicode standard, so neither
/// surrogates nor overlong forms.
std::uint32_t PathNfa::make_character(std::uint32_t from) {
    const std::uint32_t after_e0 = add_state(NfaLoop::kNone);
    const std::uint32_t after_ed = add_state(NfaLoop::kNone);
    const std::uint32_t after_f0 = add_state(NfaLoop::kNone);
    const std::uint32_t after_f4 = add_state(NfaLoop::kNone);
    const std::uint32_t three_more = add_state(NfaLoop::kNone);
    const std::uint32_t two_more = add_state(NfaLoop::kNone);
    const std::uint32_t one_more = add_state(NfaLoop::kNone);
    const std::uint32_t done = add_state(NfaLoop::kNone);
    add_edge(from, 0x00, '/' - 1, done);
    add_edge(from, '/' + 1, 0x7f, done);
    add_edge(from, 0xc2, 0xdf, one_more);
    add_edge(from, 0xe0, 0xe0, after_e0);
    add_edge(from, 0xe1, 0xec, two_more);
    add_edge(from, 0xed, 0xed, after_ed);
    add_edge(from, 0xee, 0xef, two_more);
    add_edge(from, 0xf0, 0xf0, after_f0);
    add_edge(from, 0xf1, 0xf3, three_more);
    add_edge(from, 0xf4, 0xf4, after_f4);
    add_edge(after_e0, 0xa0, 0xbf, one_more);
    add_edge(after_ed, 0x80, 0x9f, one_more);
    add_edge(after_f0, 0x90, 0xbf, two_more);
    add_edge(after_f4, 0x80, 0x8f, two_more);
    add_edge(three_more, 0x80, 0xbf, two_more);
    add_edge(two_more, 0x80, 0xbf, one_more);
    add_edge(one_more, 0x80, 0xbf, done);
    return done;
}

std::uint32_t PathNfa::make_any_depth(std::uint32_t from) {
    const std::uint32_t run = add_state(NfaLoop::kAll);
    const std::uint32_t done = add_state(NfaLoop::kNone);
    states_[from].empty_edges.push_back(run);
    states_[from].empty_edges.push_back(done);
    add_edge(run, '/', '/', done);
    return done;
}

std::uint32_t PathNfa::make_slices(std::uint32_t from) {
    const std::uint32_t start = add_state(NfaLoop::kNone);  // of a component
    const std::uint32_t name = add_state(NfaLoop::kAllButSlash);
    states_[from].empty_edges.push_back(start);
    states_[start].empty_edges.push_back(name);
    std::uint32_t at = name;
    for (const char byte : std::string_view(".slice")) {
        const std::uint32_t next = add_state(NfaLoop::kNone);
        add_edge(at, byte, byte, next);
        at = next;
    }
    add_edge(at, '/', '/', start);
    return start;
}

std::uint32_t PathNfa::make_run(std::uint32_t from, NfaLoop loop) {
    const std::uint32_t run = add_state(loop);
    states_[from].empty_edges.push_back(run);
    return run;
}

std::uint32_t PathNfa::make_step(std::uint32_t from, GlobStep step) {
    switch (step.kind) {
        case GlobKind::kCharacter:
            return make_character(from);
        case GlobKind::kSegmentRun:
            return make_run(from, NfaLoop::kAllButSlash);
        case GlobKind::kRun:
            return make_run(from, NfaLoop::kAll);
        case GlobKind::kAnyDepth:
            return make_any_depth(from);
        case GlobKind::kSlices:
            return make_slices(from);
        case GlobKind::kBelow: {
            const std::uint32_t below = add_state(NfaLoop::kAll);
            add_edge(from, '/', '/', below);
            return below;
        }
        case GlobKind::kByte:
            break;
    }
    const std::uint32_t done = add_state(NfaLoop::kNone);
    add_edge(from, step.byte, step.byte, done);
    return done;
}

std::uint32_t PathNfa::follow(std::uint32_t from, GlobStep step) {
    const std::uint64_t key = (std::uint64_t{from} << 16) |
                              (std::uint64_t{static_cast<std::uint8_t>(step.kind)} << 8) |
                              step.byte;
    const auto known = steps_taken_.find(key);
    if (known != steps_taken_.end()) return known->second;
    const std::uint32_t to = make_step(from, step);
    steps_taken_.emplace(key, to);
    return to;
}

void PathNfa::add(const std::vector<GlobStep>& steps, TargetMask include, TargetMask exclude) {
    if (steps.empty()) return;
    std::uint32_t at = kRoot;
    for (const GlobStep& step : steps) {
        if (step.kind == GlobKind::kBelow) {
            states_[at].include |= include;
            states_[at].exclude |= exclude;
        }
        at = follow(at, step);
    }
    states_[at].include |= include;
    states_[at].exclude |= exclude;
}

void PathNfa::finish() {
    for (std::size_t i = states_.size(); i-- > 0;)
        close(i);
    // Once and once more to see that it was enough, but where there are ways back.
    while (spread_reach()) {
    }
}

/// Empty edges lead to higher numbers only: those have their closures already.
void PathNfa::close(std::size_t number) {
    NfaState& state = states_[number];
    state.closure = {static_cast<std::uint32_t>(number)};
    for (const std::uint32_t to : state.empty_edges) {
        const std::vector<std::uint32_t>& behind = states_[to].closure;
        state.closure.insert(state.closure.end(), behind.begin(), behind.end());
    }
    std::sort(state.closure.begin(), state.closure.end());
    state.closure.erase(std::unique(state.closure.begin(), state.closure.end()),
                        state.closure.end());
}

/// Whether any state learned of more that can follow it.
bool PathNfa::spread_reach() {
    bool more = false;
    for (std::size_t i = states_.size(); i-- > 0;) {
        NfaState& state = states_[i];
        TargetMask include = state.include;
        TargetMask exclude = state.exclude;
        for (const NfaEdge& edge : state.edges) {
            include |= states_[edge.to].reach_include;
            exclude |= states_[edge.to].reach_exclude;
        }
        for (const std::uint32_t to : state.empty_edges) {
            include |= states_[to].reach_include;
            exclude |= states_[to].reach_exclude;
        }
        more |= include != state.reach_include || exclude != state.reach_exclude;
        state.reach_include = include;
        state.reach_exclude = exclude;
    }
    return more;
}

}  // namespace vfswatchd
