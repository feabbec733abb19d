// SPDX-License-Identifier: Apache-2.0
#include "policy/paths.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "policy/dfa.h"
#include "policy/glob.h"
#include "policy/minimize.h"
#include "policy/nfa.h"

namespace vfswatchd {
namespace {

struct PlacedPattern {
    const PathPattern* pattern = nullptr;
    TargetMask include = 0;
    TargetMask exclude = 0;
};

std::vector<PlacedPattern> place_patterns(const std::vector<TargetConfig>& targets) {
    std::vector<PlacedPattern> placed;
    TargetMask target = 1;
    for (const TargetConfig& config : targets) {
        for (const PathPattern& pattern : config.include)
            placed.push_back({&pattern, target, 0});
        for (const PathPattern& pattern : config.exclude)
            placed.push_back({&pattern, 0, target});
        target <<= 1;
    }
    return placed;
}

TargetSets target_sets(const std::vector<TargetConfig>& targets) {
    TargetSets sets;
    TargetMask target = 1;
    for (const TargetConfig& config : targets) {
        sets.all |= target;
        if (config.include.empty()) sets.without_include |= target;
        target <<= 1;
    }
    return sets;
}

/// Numbers the groups of equal states as the kernel's rows and writes them out.
class RowWriter {
  public:
    explicit RowWriter(const PathDfa& dfa)
        : dfa_(dfa), group_of_(equivalent_states(dfa)), row_of_group_(dfa.size(), kNoRow) {}

    /// nullopt: more than max_rows.
    std::optional<std::vector<vfswatch_path_state>> run(std::size_t max_rows) {
        row_of_group_[group_of_[PathDfa::kDead]] = VFSWATCH_PATH_DEAD;
        states_ = {PathDfa::kDead, dfa_.start};
        // Where nothing is wanted the start is dead as well; its row is there all the same.
        if (group_of_[dfa_.start] != group_of_[PathDfa::kDead]) {
            row_of_group_[group_of_[dfa_.start]] = VFSWATCH_PATH_START;
        }
        // NOLINTNEXTLINE(modernize-loop-convert): states_ grows while it is walked.
        for (std::size_t i = 0; i < states_.size(); i++) {
            if (states_.size() > max_rows) return std::nullopt;
            rows_.push_back(row_of(states_[i]));
        }
        return std::move(rows_);
    }

  private:
    static constexpr std::uint32_t kNoRow = ~0U;

    vfswatch_path_state row_of(std::uint32_t state) {
        vfswatch_path_state row{};
        row.targets = dfa_.targets[state];
        const std::uint32_t* next = &dfa_.next[std::size_t{state} * dfa_.classes];
        std::vector<std::uint16_t> row_of_class;
        for (std::size_t c = 0; c < dfa_.classes; c++) {
            row_of_class.push_back(static_cast<std::uint16_t>(row_number(next[c])));
        }
        for (std::size_t byte = 0; byte < 256; byte++) {
            row.next[byte] = row_of_class[dfa_.class_of[byte]];
        }
        return row;
    }

    std::uint32_t row_number(std::uint32_t state) {
        std::uint32_t& row = row_of_group_[group_of_[state]];
        if (row == kNoRow) {
            row = static_cast<std::uint32_t>(states_.size());
            states_.push_back(state);
        }
        return row;
    }

    const PathDfa& dfa_;
    std::vector<std::uint32_t> group_of_;
    std::vector<std::uint32_t> row_of_group_;
    std::vector<std::uint32_t> states_;  ///< by row: one state of its group
    std::vector<vfswatch_path_state> rows_;
};

class PathCompiler {
  public:
    PathCompiler(const std::vector<TargetConfig>& targets, std::size_t max_states)
        : patterns_(place_patterns(targets)),
          sets_(target_sets(targets)),
          max_states_(max_states) {}

    Result<std::vector<vfswatch_path_state>> run() const {
        auto rows = compile(patterns_.size());
        if (!rows) return fail(too_many_states(first_too_many()));
        return std::move(*rows);
    }

  private:
    std::optional<std::vector<vfswatch_path_state>> compile(std::size_t patterns) const;
    const PathPattern& first_too_many() const;
    Error too_many_states(const PathPattern& pattern) const;

    std::vector<PlacedPattern> patterns_;
    TargetSets sets_;
    std::size_t max_states_;
};

/// The rows of that many patterns, from the first on.
std::optional<std::vector<vfswatch_path_state>> PathCompiler::compile(std::size_t patterns) const {
    PathNfa nfa;
    for (std::size_t i = 0; i < patterns; i++) {
        const PlacedPattern& placed = patterns_[i];
        nfa.add(parse_glob(placed.pattern->text), placed.include, placed.exclude);
    }
    nfa.finish();
    // Equal states are merged only afterwards, so some more are let through here.
    const std::optional<PathDfa> dfa = determinize(nfa, sets_, 2 * max_states_);
    if (!dfa) return std::nullopt;
    return RowWriter(*dfa).run(max_states_);
}

/// The pattern with which the limit is passed: those before it fit, with it they do not.
const PathPattern& PathCompiler::first_too_many() const {
    std::size_t fitting = 0;
    std::size_t too_many = patterns_.size();
    while (too_many - fitting > 1) {
        const std::size_t middle = fitting + (too_many - fitting) / 2;
        (compile(middle) ? fitting : too_many) = middle;
    }
    return *patterns_[too_many - 1].pattern;
}

Error PathCompiler::too_many_states(const PathPattern& pattern) const {
    const ConfigPlace& place = pattern.place;
    return plain_error(
        place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
        ": with '" + pattern.text + "' the path patterns of all targets need more than " +
        std::to_string(max_states_) +
        " states: start patterns with '/', use fewer '*', '?' and '**', or fewer patterns");
}

}  // namespace

Result<std::vector<vfswatch_path_state>> compile_paths(const std::vector<TargetConfig>& targets,
                                                       std::size_t max_states) {
    return PathCompiler(targets, max_states).run();
}

}  // namespace vfswatchd
