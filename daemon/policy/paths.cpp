// SPDX-License-Identifier: Apache-2.0
#include "policy/paths.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/dfa.h"
#include "policy/glob.h"
#include "policy/minimize.h"
#include "policy/nfa.h"

namespace vfswatchd {
namespace {

struct PlacedPattern {
    std::string_view text;
    const ConfigPlace* place = nullptr;
    std::vector<GlobStep> steps;
    TargetMask include = 0;
    TargetMask exclude = 0;
};

using Patterns = std::vector<PlacedPattern>;

Patterns file_patterns(const std::vector<TargetConfig>& targets) {
    Patterns placed;
    TargetMask target = 1;
    for (const TargetConfig& config : targets) {
        for (const PathPattern& pattern : config.include)
            placed.push_back({pattern.text, &pattern.place, parse_glob(pattern.text), target, 0});
        for (const PathPattern& pattern : config.exclude)
            placed.push_back({pattern.text, &pattern.place, parse_glob(pattern.text), 0, target});
        target <<= 1;
    }
    return placed;
}

Patterns exe_patterns(const std::vector<TargetConfig>& targets) {
    Patterns placed;
    TargetMask target = 1;
    for (const TargetConfig& config : targets) {
        for (const TextSelector& exe : config.processes.exes)
            placed.push_back({exe.text, &exe.place, parse_glob(exe.text), target, 0});
        target <<= 1;
    }
    return placed;
}

Patterns cgroup_patterns(const std::vector<TargetConfig>& targets) {
    Patterns placed;
    TargetMask target = 1;
    for (const TargetConfig& config : targets) {
        for (const TextSelector& unit : config.processes.units)
            placed.push_back({unit.text, &unit.place, parse_unit(unit.text), target, 0});
        for (const TextSelector& cgroup : config.processes.cgroups)
            placed.push_back({cgroup.text, &cgroup.place, parse_glob(cgroup.text), target, 0});
        target <<= 1;
    }
    return placed;
}

TargetSets file_sets(const std::vector<TargetConfig>& targets) {
    TargetSets sets;
    TargetMask target = 1;
    for (const TargetConfig& config : targets) {
        sets.all |= target;
        if (config.include.empty()) sets.without_include |= target;
        target <<= 1;
    }
    return sets;
}

/// Of processes only those are wanted that some pattern names.
TargetSets process_sets(const Patterns& patterns) {
    TargetSets sets;
    for (const PlacedPattern& placed : patterns)
        sets.all |= placed.include;
    return sets;
}

/// Numbers the groups of equal states as the kernel's rows and writes them out.
class RowWriter {
  public:
    /// The start is row `first_row`, the others follow. The dead state is VFSWATCH_PATH_DEAD.
    RowWriter(const PathDfa& dfa, std::size_t first_row)
        : dfa_(dfa),
          first_row_(first_row),
          group_of_(equivalent_states(dfa)),
          row_of_group_(dfa.size(), kNoRow) {}

    /// nullopt: more than max_rows.
    std::optional<std::vector<vfswatch_path_state>> run(std::size_t max_rows) {
        row_of_group_[group_of_[PathDfa::kDead]] = VFSWATCH_PATH_DEAD;
        states_ = {dfa_.start};
        // Where nothing is wanted the start is dead as well; its row is there all the same.
        if (group_of_[dfa_.start] != group_of_[PathDfa::kDead]) {
            row_of_group_[group_of_[dfa_.start]] = static_cast<std::uint32_t>(first_row_);
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
            row = static_cast<std::uint32_t>(first_row_ + states_.size());
            states_.push_back(state);
        }
        return row;
    }

    const PathDfa& dfa_;
    std::size_t first_row_;
    std::vector<std::uint32_t> group_of_;
    std::vector<std::uint32_t> row_of_group_;
    std::vector<std::uint32_t> states_;  ///< by row, from first_row: one state of its group
    std::vector<vfswatch_path_state> rows_;
};

/// Adds one automaton's rows to those that there are.
class PathCompiler {
  public:
    PathCompiler(const Patterns& patterns, const TargetSets& sets, std::size_t max_states,
                 std::vector<vfswatch_path_state>& table)
        : patterns_(patterns), sets_(sets), max_states_(max_states), table_(table) {}

    /// The row where it starts.
    Result<std::uint32_t> run() {
        const auto rows = compile(patterns_.size());
        if (!rows) return fail(too_many_states(first_too_many()));
        const auto start = static_cast<std::uint32_t>(table_.size());
        table_.insert(table_.end(), rows->begin(), rows->end());
        return start;
    }

  private:
    std::optional<std::vector<vfswatch_path_state>> compile(std::size_t patterns) const;
    const PlacedPattern& first_too_many() const;
    Error too_many_states(const PlacedPattern& pattern) const;

    const Patterns& patterns_;
    TargetSets sets_;
    std::size_t max_states_;  ///< of the whole table
    std::vector<vfswatch_path_state>& table_;
};

/// The rows of that many patterns, from the first on.
std::optional<std::vector<vfswatch_path_state>> PathCompiler::compile(std::size_t patterns) const {
    const std::size_t room = max_states_ - table_.size();
    PathNfa nfa;
    for (std::size_t i = 0; i < patterns; i++)
        nfa.add(patterns_[i].steps, patterns_[i].include, patterns_[i].exclude);
    nfa.finish();
    // Equal states are merged only afterwards, so some more are let through here; the dead one is
    // in the table already.
    const std::optional<PathDfa> dfa = determinize(nfa, sets_, 2 * (room + 1));
    if (!dfa) return std::nullopt;
    return RowWriter(*dfa, table_.size()).run(room);
}

/// The pattern with which the limit is passed: those before it fit, with it they do not.
const PlacedPattern& PathCompiler::first_too_many() const {
    std::size_t fitting = 0;
    std::size_t too_many = patterns_.size();
    while (too_many - fitting > 1) {
        const std::size_t middle = fitting + (too_many - fitting) / 2;
        (compile(middle) ? fitting : too_many) = middle;
    }
    return patterns_[too_many - 1];
}

Error PathCompiler::too_many_states(const PlacedPattern& pattern) const {
    const ConfigPlace& place = *pattern.place;
    return plain_error(place.file + ":" + std::to_string(place.line) + ":" +
                       std::to_string(place.column) + ": with '" + std::string(pattern.text) +
                       "' the patterns of all targets (paths, then exes, then units and cgroups) "
                       "need more than " +
                       std::to_string(max_states_) +
                       " states: start patterns with '/', use fewer '*', '?' and '**', or fewer "
                       "patterns");
}

}  // namespace

Result<PathTable> compile_paths(const std::vector<TargetConfig>& targets, std::size_t max_states) {
    PathTable table;
    table.states.emplace_back();
    const Patterns patterns = file_patterns(targets);
    const auto files = PathCompiler(patterns, file_sets(targets), max_states, table.states).run();
    if (!files) return fail(files.error());
    if (const Patterns exes = exe_patterns(targets); !exes.empty()) {
        const auto start = PathCompiler(exes, process_sets(exes), max_states, table.states).run();
        if (!start) return fail(start.error());
        table.exe_start = *start;
    }
    if (const Patterns cgroups = cgroup_patterns(targets); !cgroups.empty()) {
        const auto start =
            PathCompiler(cgroups, process_sets(cgroups), max_states, table.states).run();
        if (!start) return fail(start.error());
        table.cgroup_start = *start;
    }
    return table;
}

}  // namespace vfswatchd
