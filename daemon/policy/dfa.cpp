// SPDX-License-Identifier: Apache-2.0
#include "policy/dfa.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace vfswatchd {
namespace {

/// Members of all sets that are looked at, for each state that is allowed; ordinary patterns need
/// a hundred. With 32,768 states this is about a second and, at four bytes each, 128 MiB at most.
constexpr std::size_t kMembersPerState = 1024;

/// What is known after some bytes of a path. Members that can no longer change any target's
/// decision are left out, or ten relative excludes would take 2^10 times the states: one for each
/// set of directories passed on the way.
struct Subset {
    TargetMask open = 0;     ///< not yet lost for ever
    TargetMask wanting = 0;  ///< wanted whatever follows, but for excludes
    std::vector<std::uint32_t> members;

    friend bool operator==(const Subset&, const Subset&) = default;
};

struct SubsetHash {
    std::size_t operator()(const Subset& subset) const {
        std::uint64_t hash = subset.open * 0x9e3779b97f4a7c15U ^ subset.wanting;
        for (const std::uint32_t member : subset.members) {
            hash = (hash ^ member) * 0x9e3779b97f4a7c15U;
            hash ^= hash >> 29;
        }
        return static_cast<std::size_t>(hash);
    }
};

class Determinizer {
  public:
    Determinizer(const PathNfa& nfa, const TargetSets& sets, std::size_t max_states)
        : nfa_(nfa.states()), sets_(sets), max_states_(max_states) {}

    std::optional<PathDfa> run();

  private:
    void classify_bytes();
    void normalize(Subset& subset) const;
    [[nodiscard]] TargetMask targets_of(const Subset& subset) const;
    std::uint32_t number_of(Subset& subset);
    std::uint32_t successor(const Subset& from, const std::vector<std::uint32_t>& base,
                            const std::vector<std::uint32_t>& more);
    void gather(const Subset& from);
    void expand(const Subset& from);
    [[nodiscard]] bool exceeded() const {
        return subsets_.size() > max_states_ || members_seen_ > max_states_ * kMembersPerState;
    }

    const std::vector<NfaState>& nfa_;
    TargetSets sets_;
    std::size_t max_states_;
    PathDfa dfa_;
    std::unordered_map<Subset, std::uint32_t, SubsetHash> numbers_;
    std::vector<const Subset*> subsets_;  ///< keys of numbers_
    std::size_t members_seen_ = 0;

    // Where the state under expansion leads: on any byte, on any but a slash, by class.
    std::vector<std::uint32_t> on_any_;
    std::vector<std::uint32_t> on_segment_;
    std::vector<std::vector<std::uint32_t>> on_class_;
    Subset reached_;  ///< reused: most successors are known, and need no memory of their own
};

void append(std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

void Determinizer::classify_bytes() {
    std::array<bool, 257> starts{};
    starts[0] = starts['/'] = starts['/' + 1] = true;
    for (const NfaState& state : nfa_) {
        for (const NfaEdge& edge : state.edges) {
            starts[edge.first] = true;
            starts[std::size_t{edge.last} + 1] = true;
        }
    }
    for (std::size_t byte = 0; byte < 256; byte++) {
        if (starts[byte]) dfa_.classes++;
        dfa_.class_of[byte] = static_cast<std::uint8_t>(dfa_.classes - 1);
    }
    on_class_.resize(dfa_.classes);
}

void Determinizer::normalize(Subset& subset) const {
    std::sort(subset.members.begin(), subset.members.end());
    subset.members.erase(std::unique(subset.members.begin(), subset.members.end()),
                         subset.members.end());
    TargetMask reachable = 0;
    for (const std::uint32_t member : subset.members) {
        const NfaState& state = nfa_[member];
        reachable |= state.reach_include;
        if (state.loop != NfaLoop::kAll) continue;
        subset.wanting |= state.include;
        subset.open &= ~state.exclude;
    }
    subset.open &= subset.wanting | reachable;
    subset.wanting &= subset.open;
    std::erase_if(subset.members, [&](std::uint32_t member) {
        const NfaState& state = nfa_[member];
        return !(state.reach_include & subset.open & ~subset.wanting) &&
               !(state.reach_exclude & subset.open);
    });
}

TargetMask Determinizer::targets_of(const Subset& subset) const {
    TargetMask include = subset.wanting;
    TargetMask exclude = 0;
    for (const std::uint32_t member : subset.members) {
        include |= nfa_[member].include;
        exclude |= nfa_[member].exclude;
    }
    return include & subset.open & ~exclude;
}

std::uint32_t Determinizer::number_of(Subset& subset) {
    members_seen_ += subset.members.size() + 1;
    normalize(subset);
    const auto known = numbers_.find(subset);
    if (known != numbers_.end()) return known->second;
    const auto number = static_cast<std::uint32_t>(subsets_.size());
    const auto place = numbers_.emplace(subset, number).first;
    subsets_.push_back(&place->first);
    dfa_.targets.push_back(targets_of(subset));
    return number;
}

std::uint32_t Determinizer::successor(const Subset& from, const std::vector<std::uint32_t>& base,
                                      const std::vector<std::uint32_t>& more) {
    reached_.open = from.open;
    reached_.wanting = from.wanting;
    reached_.members.clear();
    append(reached_.members, base);
    append(reached_.members, more);
    return number_of(reached_);
}

void Determinizer::gather(const Subset& from) {
    on_any_.clear();
    on_segment_.clear();
    for (auto& members : on_class_)
        members.clear();
    for (const std::uint32_t member : from.members) {
        const NfaState& state = nfa_[member];
        if (state.loop == NfaLoop::kAll) append(on_any_, state.closure);
        if (state.loop != NfaLoop::kNone) append(on_segment_, state.closure);
        for (const NfaEdge& edge : state.edges) {
            for (std::size_t c = dfa_.class_of[edge.first]; c <= dfa_.class_of[edge.last]; c++) {
                append(on_class_[c], nfa_[edge.to].closure);
            }
        }
    }
}

void Determinizer::expand(const Subset& from) {
    gather(from);
    const std::size_t slash = dfa_.class_of['/'];
    std::optional<std::uint32_t> elsewhere;
    for (std::size_t c = 0; c < dfa_.classes; c++) {
        if (exceeded()) return;
        if (c != slash && on_class_[c].empty()) {
            if (!elsewhere) elsewhere = successor(from, on_segment_, on_class_[c]);
            dfa_.next.push_back(*elsewhere);
            continue;
        }
        const auto& base = c == slash ? on_any_ : on_segment_;
        dfa_.next.push_back(successor(from, base, on_class_[c]));
    }
}

std::optional<PathDfa> Determinizer::run() {
    classify_bytes();
    Subset dead;
    number_of(dead);  // becomes PathDfa::kDead
    Subset start{sets_.all, sets_.without_include, nfa_[PathNfa::kRoot].closure};
    dfa_.start = number_of(start);
    // NOLINTNEXTLINE(modernize-loop-convert): subsets_ grows while it is walked.
    for (std::size_t state = 0; state < subsets_.size(); state++) {
        expand(*subsets_[state]);
        if (exceeded()) return std::nullopt;
    }
    return std::move(dfa_);
}

}  // namespace

std::optional<PathDfa> determinize(const PathNfa& nfa, const TargetSets& sets,
                                   std::size_t max_states) {
    return Determinizer(nfa, sets, max_states).run();
}

}  // namespace vfswatchd
