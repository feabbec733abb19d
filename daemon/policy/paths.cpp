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
#include "policy/sensitive.h"

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
using Rows = std::vector<vfswatch_path_state>;

template <typename Visit>
void for_each_target(const std::vector<TargetConfig>& targets, Visit visit) {
    TargetMask target = 1;
    for (const TargetConfig& config : targets) {
        visit(config, target);
        target <<= 1;
    }
}

using Parse = std::vector<GlobStep> (*)(std::string_view text);

template <typename Text>
void place(const std::vector<Text>& texts, Parse parse, TargetMask include, TargetMask exclude,
           Patterns& placed) {
    for (const Text& text : texts)
        placed.push_back({text.text, &text.place, parse(text.text), include, exclude});
}

Patterns file_patterns(const std::vector<TargetConfig>& targets) {
    Patterns placed;
    for_each_target(targets, [&](const TargetConfig& config, TargetMask target) {
        place(config.include, parse_glob, target, 0, placed);
        place(config.exclude, parse_glob, 0, target, placed);
    });
    return placed;
}

Patterns exe_patterns(const std::vector<TargetConfig>& targets) {
    Patterns placed;
    for_each_target(targets, [&](const TargetConfig& config, TargetMask target) {
        place(config.processes.exes, parse_glob, target, 0, placed);
    });
    return placed;
}

Patterns cgroup_patterns(const std::vector<TargetConfig>& targets) {
    Patterns placed;
    for_each_target(targets, [&](const TargetConfig& config, TargetMask target) {
        place(config.processes.units, parse_unit, target, 0, placed);
        place(config.processes.cgroups, parse_glob, target, 0, placed);
    });
    return placed;
}

/// The built-in list, for all targets that it binds; empty: there are none.
Patterns sensitive_patterns(const std::vector<TargetConfig>& targets) {
    TargetMask bound = 0;
    for_each_target(targets, [&](const TargetConfig& config, TargetMask target) {
        if (spares_sensitive(config)) bound |= target;
    });
    Patterns placed;
    if (bound == 0) return placed;
    static const ConfigPlace kPlace{"the built-in list of sensitive files", 0, 0};
    for (const SensitiveFiles& files : sensitive_files()) {
        placed.push_back({files.pattern, &kPlace, parse_sensitive(files.pattern), bound, 0});
    }
    return placed;
}

TargetSets file_sets(const std::vector<TargetConfig>& targets) {
    TargetSets sets;
    for_each_target(targets, [&](const TargetConfig& config, TargetMask target) {
        sets.all |= target;
        if (config.include.empty()) sets.without_include |= target;
    });
    return sets;
}

/// Only those are wanted that some pattern names.
TargetSets named_sets(const Patterns& patterns) {
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
    std::optional<Rows> run(std::size_t max_rows) {
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
    Rows rows_;
};

/// The row where an automaton starts.
using StartOrFault = tl::expected<std::uint32_t, ConfigFault>;

/// Adds one automaton's rows to those that there are.
class PathCompiler {
  public:
    PathCompiler(const Patterns& patterns, const TargetSets& sets, std::size_t max_states,
                 Rows& table)
        : patterns_(patterns), sets_(sets), max_states_(max_states), table_(table) {}

    StartOrFault run() {
        const auto rows = compile(patterns_.size());
        if (!rows) return tl::unexpected(too_many_states(first_too_many()));
        const auto start = static_cast<std::uint32_t>(table_.size());
        table_.insert(table_.end(), rows->begin(), rows->end());
        return start;
    }

  private:
    std::optional<Rows> compile(std::size_t patterns) const;
    const PlacedPattern& first_too_many() const;
    ConfigFault too_many_states(const PlacedPattern& pattern) const;

    const Patterns& patterns_;
    TargetSets sets_;
    std::size_t max_states_;  ///< of the whole table
    Rows& table_;
};

/// The rows of that many patterns, from the first on.
std::optional<Rows> PathCompiler::compile(std::size_t patterns) const {
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

ConfigFault PathCompiler::too_many_states(const PlacedPattern& pattern) const {
    return {*pattern.place,
            "with '" + std::string(pattern.text) +
                "' the patterns of all targets (paths, then exes, then units and cgroups) need "
                "more than " +
                std::to_string(max_states_) +
                " states: start patterns with '/', use fewer '*', '?' and '**', or fewer patterns"};
}

/// Where nobody has patterns there is no automaton: it starts at 0.
StartOrFault compile_named(const Patterns& patterns, std::size_t max_states, Rows& table) {
    if (patterns.empty()) return 0U;
    return PathCompiler(patterns, named_sets(patterns), max_states, table).run();
}

/// Nothing but the row that all automata share.
Rows empty_table() {
    return Rows(VFSWATCH_PATH_DEAD + 1);
}

/// Puts the automaton of another table behind those that there are. Returns the row where it
/// starts; 0: there is none.
std::uint32_t append_automaton(const Rows& other, Rows& table) {
    if (other.size() == empty_table().size()) return 0;
    const std::size_t shift = table.size() - VFSWATCH_PATH_START;
    for (std::size_t i = VFSWATCH_PATH_START; i < other.size(); i++) {
        vfswatch_path_state& row = table.emplace_back(other[i]);
        for (std::uint16_t& next : row.next)
            if (next != VFSWATCH_PATH_DEAD) next = static_cast<std::uint16_t>(next + shift);
    }
    return static_cast<std::uint32_t>(VFSWATCH_PATH_START + shift);
}

}  // namespace

PathsOrFault compile_paths(const std::vector<TargetConfig>& targets, std::size_t max_states) {
    // First, though its rows are the last: whoever passes the limit can do nothing about the list.
    Rows sensitive = empty_table();
    const auto listed = compile_named(sensitive_patterns(targets), max_states, sensitive);
    if (!listed) return tl::unexpected(listed.error());
    const std::size_t room = max_states - (sensitive.size() - empty_table().size());

    PathTable table;
    table.states = empty_table();
    const Patterns files = file_patterns(targets);
    const auto start = PathCompiler(files, file_sets(targets), room, table.states).run();
    if (!start) return tl::unexpected(start.error());
    const auto exe_start = compile_named(exe_patterns(targets), room, table.states);
    if (!exe_start) return tl::unexpected(exe_start.error());
    const auto cgroup_start = compile_named(cgroup_patterns(targets), room, table.states);
    if (!cgroup_start) return tl::unexpected(cgroup_start.error());
    table.exe_start = *exe_start;
    table.cgroup_start = *cgroup_start;
    table.sensitive_start = append_automaton(sensitive, table.states);
    return table;
}

}  // namespace vfswatchd
