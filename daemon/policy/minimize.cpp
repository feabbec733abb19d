// SPDX-License-Identifier: Apache-2.0
#include "policy/minimize.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>

namespace vfswatchd {
namespace {

/// A partition of states into groups that is refined by marking states and splitting.
class Partition {
  public:
    explicit Partition(const std::vector<TargetMask>& targets);

    [[nodiscard]] std::size_t groups() const { return ranges_.size(); }
    [[nodiscard]] const std::vector<std::uint32_t>& group_of() const { return group_of_; }
    [[nodiscard]] std::span<const std::uint32_t> states_of(std::uint32_t group) const {
        const Range& range = ranges_[group];
        return {order_.data() + range.begin, range.end - range.begin};
    }

    void mark(std::uint32_t state);

    /// Splits each group into marked and unmarked states and clears the marks. Appends the new
    /// groups, each the smaller part of an old one, which keeps its number.
    void split(std::vector<std::uint32_t>& added);

  private:
    struct Range {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t marked = 0;  ///< of the first states of the range
    };

    std::vector<std::uint32_t> order_;  ///< states, group by group
    std::vector<std::size_t> place_;    ///< state -> its place in order_
    std::vector<std::uint32_t> group_of_;
    std::vector<Range> ranges_;
    std::vector<std::uint32_t> touched_;  ///< groups with marks
};

Partition::Partition(const std::vector<TargetMask>& targets)
    : order_(targets.size()), place_(targets.size()), group_of_(targets.size()) {
    std::iota(order_.begin(), order_.end(), 0U);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return targets[a] < targets[b]; });
    for (std::size_t i = 0; i < order_.size(); i++) {
        if (i == 0 || targets[order_[i]] != targets[order_[i - 1]]) ranges_.push_back({i, i, 0});
        ranges_.back().end = i + 1;
        place_[order_[i]] = i;
        group_of_[order_[i]] = static_cast<std::uint32_t>(ranges_.size() - 1);
    }
}

void Partition::mark(std::uint32_t state) {
    Range& range = ranges_[group_of_[state]];
    const std::size_t from = place_[state];
    const std::size_t to = range.begin + range.marked;
    if (from < to) return;
    if (range.marked == 0) touched_.push_back(group_of_[state]);
    std::swap(order_[from], order_[to]);
    place_[order_[from]] = from;
    place_[order_[to]] = to;
    range.marked++;
}

void Partition::split(std::vector<std::uint32_t>& added) {
    for (const std::uint32_t group : touched_) {
        Range& range = ranges_[group];
        const std::size_t middle = range.begin + range.marked;
        range.marked = 0;
        if (middle == range.end) continue;
        Range part{range.begin, middle, 0};
        if (middle - range.begin <= range.end - middle) {
            range.begin = middle;
        } else {
            part = {middle, range.end, 0};
            range.end = middle;
        }
        const auto number = static_cast<std::uint32_t>(ranges_.size());
        for (std::size_t i = part.begin; i < part.end; i++)
            group_of_[order_[i]] = number;
        ranges_.push_back(part);
        added.push_back(number);
    }
    touched_.clear();
}

/// For each class and state, the states that the class leads from to that state.
class Predecessors {
  public:
    explicit Predecessors(const PathDfa& dfa)
        : states_(dfa.size()), begins_(dfa.next.size() + 1), from_(dfa.next.size()) {
        for (std::size_t i = 0; i < dfa.next.size(); i++) {
            begins_[cell(i % dfa.classes, dfa.next[i]) + 1]++;
        }
        std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
        std::vector<std::uint32_t> place(begins_.begin(), begins_.end() - 1);
        for (std::size_t i = 0; i < dfa.next.size(); i++) {
            from_[place[cell(i % dfa.classes, dfa.next[i])]++] =
                static_cast<std::uint32_t>(i / dfa.classes);
        }
    }

    [[nodiscard]] std::span<const std::uint32_t> of(std::size_t byte_class,
                                                    std::uint32_t state) const {
        const std::size_t at = cell(byte_class, state);
        return {from_.data() + begins_[at], begins_[at + 1] - begins_[at]};
    }

  private:
    [[nodiscard]] std::size_t cell(std::size_t byte_class, std::uint32_t state) const {
        return byte_class * states_ + state;
    }

    std::size_t states_;
    std::vector<std::uint32_t> begins_;
    std::vector<std::uint32_t> from_;
};

}  // namespace

std::vector<std::uint32_t> equivalent_states(const PathDfa& dfa) {
    const Predecessors predecessors(dfa);
    Partition partition(dfa.targets);
    std::vector<std::uint32_t> waiting(partition.groups());
    std::iota(waiting.begin(), waiting.end(), 0U);

    std::vector<std::uint32_t> splitter;
    while (!waiting.empty()) {
        const std::uint32_t group = waiting.back();
        waiting.pop_back();
        // A copy: the group itself may be split on the way, and all of it has to be used.
        const auto states = partition.states_of(group);
        splitter.assign(states.begin(), states.end());
        for (std::size_t c = 0; c < dfa.classes; c++) {
            for (const std::uint32_t state : splitter) {
                for (const std::uint32_t from : predecessors.of(c, state))
                    partition.mark(from);
            }
            // The smaller part is enough: the other waits still, or was used as part of the whole.
            partition.split(waiting);
        }
    }
    return partition.group_of();
}

}  // namespace vfswatchd
