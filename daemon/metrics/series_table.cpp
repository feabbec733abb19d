// SPDX-License-Identifier: Apache-2.0
#include "metrics/series_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <utility>

#include "metrics/series_labels.h"

namespace vfswatchd {
namespace {

std::uint64_t raise(std::uint64_t& seen, std::uint64_t now) {
    if (now <= seen) return 0;
    return now - std::exchange(seen, now);
}

/// What `now` is above `seen`, field by field; a snapshot may show less than the one before.
ReadCounts raise(ReadCounts& seen, const ReadCounts& now) {
    return {raise(seen.bytes, now.bytes), raise(seen.calls, now.calls),
            raise(seen.errors, now.errors), raise(seen.eofs, now.eofs)};
}

bool grew(const ReadCounts& seen, const ReadCounts& now) {
    return now.bytes > seen.bytes || now.calls > seen.calls || now.errors > seen.errors ||
           now.eofs > seen.eofs;
}

void add(ReadCounts& sum, const ReadCounts& growth) {
    sum.bytes += growth.bytes;
    sum.calls += growth.calls;
    sum.errors += growth.errors;
    sum.eofs += growth.eofs;
}

/// The place of each target in another list; `missing` where it is not there.
std::vector<std::size_t> places_in(const std::vector<Target>& others,
                                   const std::vector<Target>& targets, std::size_t missing) {
    std::vector<std::size_t> places;
    for (const Target& target : targets) {
        const auto found = std::find_if(others.begin(), others.end(), [&](const Target& other) {
            return other.name == target.name;
        });
        places.push_back(found == others.end() ? missing
                                               : static_cast<std::size_t>(found - others.begin()));
    }
    return places;
}

}  // namespace

/// Visits the targets whose bits these are: the how-manieth bit of the mask it is, the bit's
/// target. What is nobody's is passed over.
template <typename Visit>
void SeriesTable::for_each_target(TargetMask mask, Visit visit) const {
    for (std::size_t number = 0; mask != 0; mask &= mask - 1, ++number) {
        const std::size_t target = bits_[static_cast<std::size_t>(std::countr_zero(mask))].target;
        if (target != kNobody) visit(number, target);
    }
}

ReadCounts TargetBooks::overflow() const {
    ReadCounts sum = over_series_limit;
    add(sum, over_map_full);
    add(sum, over_path_hidden);
    return sum;
}

SeriesTable::SeriesTable(std::vector<Target> targets, SeriesLimits limits)
    : targets_(std::move(targets)), limits_(limits), books_(targets_.size()) {
    assert(targets_.size() <= bits_.size());
    for (std::size_t place = 0; place < targets_.size(); ++place)
        bits_[place].target = place;
}

void SeriesTable::change_targets(std::vector<Target> targets, const TargetBits& bits,
                                 SeriesLimits limits, TimePoint now) {
    assert(bits.size() == targets.size());
    const std::vector<std::size_t> new_places = places_in(targets, targets_, kNobody);
    std::vector<TargetBooks> books(targets.size());
    for (std::size_t place = 0; place < targets_.size(); ++place)
        if (new_places[place] != kNobody) books[new_places[place]] = std::move(books_[place]);
    for (BitState& bit : bits_)
        if (bit.target != kNobody) bit.target = new_places[bit.target];
    for (std::size_t place = 0; place < targets.size(); ++place)
        bits_.at(bits[place]).target = place;
    keep_series_of(new_places);
    if (limits.max_series > limits_.max_series) try_overflow_again();
    targets_ = std::move(targets);
    books_ = std::move(books);
    limits_ = limits;
    targets_changed_at_ = now;
    ++changes_;
}

/// The others leave.
void SeriesTable::keep_series_of(const std::vector<std::size_t>& new_places) {
    for (std::uint32_t slot = 0; slot < series_.size(); ++slot) {
        Series& series = series_[slot];
        if (!series.live) continue;
        series.target = new_places[series.target];
        if (series.target == kNobody) drop_series(slot);
    }
}

/// There is room now for those that came too late.
void SeriesTable::try_overflow_again() {
    for (SumState& sum : sums_)
        for (Link& link : sum.links)
            if (link.slot == kOverflowSlot) link = Link{};
}

void SeriesTable::apply(const ReadSnapshot& snapshot, TimePoint now) {
    learn(snapshot.new_names, snapshot.new_cgroups);
    for (const ReadSum& sum : snapshot.sums) {
        if (!is_settled(sum)) apply_sum(sum, now);
    }
    apply_overflow(snapshot);
    apply_errnos(snapshot.errnos);
    apply_durations(snapshot.durations);
    apply_unattributed(snapshot.unattributed);
    drop_idle(now);
}

std::vector<SeriesRow> SeriesTable::rows(const TargetChoice& choice) const {
    std::vector<bool> chosen;
    for (const Target& target : targets_)
        chosen.push_back(choice.has(target.name));
    const auto is_shown = [&chosen](const Series& series) {
        return series.live && chosen[series.target];
    };
    std::vector<SeriesRow> rows;
    // No more room than it takes: it is held until the slowest client has read it.
    rows.reserve(static_cast<std::size_t>(std::count_if(series_.begin(), series_.end(), is_shown)));
    for (const Series& series : series_)
        if (is_shown(series)) rows.push_back({series.labels, series.counts});
    return rows;
}

std::vector<std::size_t> SeriesTable::series_of_targets() const {
    std::vector<std::size_t> counts(targets_.size());
    for (const Series& series : series_)
        if (series.live) ++counts[series.target];
    return counts;
}

std::vector<std::uint32_t> SeriesTable::idle_sums(TimePoint now) const {
    std::vector<std::uint32_t> ids;
    const TargetMask present = present_targets();
    for (std::uint32_t id = 0; id < sums_.size(); ++id) {
        const SumState& state = sums_[id];
        if (!state.known) continue;
        if (now - state.grew_at >= limits_.idle_timeout || is_replaced(state, present))
            ids.push_back(id);
    }
    return ids;
}

/// Bits that mean a target of now.
TargetMask SeriesTable::present_targets() const {
    TargetMask present = 0;
    for (std::size_t bit = 0; bit < bits_.size(); ++bit)
        if (bits_[bit].target != kNobody) present |= mask_of(bit);
    return present;
}

/// The policy of now may keep its files in others.
bool SeriesTable::is_replaced(const SumState& sum, TargetMask present) const {
    if (sum.grew_at >= targets_changed_at_) return false;
    if ((sum.targets & ~present) != 0) return true;
    const auto path = paths_.find(sum.path);
    return path != paths_.end() && path->second.sums > 1;
}

void SeriesTable::retire(const ReadSum& last, TimePoint now) {
    if (!is_settled(last)) apply_sum(last, now);
    SumState& state = state_of(last, now);
    // Its path found the ring full, and nobody read the file again.
    if (!state.placed)
        for_each_target(last.key.targets, [&](std::size_t, std::size_t target) {
            add(books_[target].over_map_full, state.seen);
        });
    ++changes_;
    state = SumState{};
    cgroups_.release(last.key.cgroup);
    const auto path = paths_.find(last.key.path);
    if (path != paths_.end() && --path->second.sums == 0) paths_.erase(path);
}

void SeriesTable::learn(const std::vector<FileName>& names,
                        const std::vector<CgroupName>& cgroups) {
    for (const FileName& name : names) {
        PathState& path = paths_[name.id];
        path.name = name;
        path.announced = true;
    }
    for (const CgroupName& cgroup : cgroups)
        cgroups_.learn(cgroup);
    changes_ += names.size() + cgroups.size();
}

bool SeriesTable::is_settled(const ReadSum& sum) const {
    if (sum.id >= sums_.size()) return false;
    const SumState& state = sums_[sum.id];
    return state.placed && !grew(state.seen, sum.counts);
}

SeriesTable::SumState& SeriesTable::state_of(const ReadSum& sum, TimePoint now) {
    if (sum.id >= sums_.size()) sums_.resize(std::size_t{sum.id} + 1);
    SumState& state = sums_[sum.id];
    if (!state.known) {
        ++changes_;
        state.known = true;
        state.grew_at = now;
        state.targets = sum.key.targets;
        state.path = sum.key.path;
        state.links.resize(static_cast<std::size_t>(std::popcount(sum.key.targets)));
        ++paths_[sum.key.path].sums;
        cgroups_.hold(sum.key.cgroup);
    }
    return state;
}

void SeriesTable::apply_sum(const ReadSum& sum, TimePoint now) {
    SumState& state = state_of(sum, now);
    if (grew(state.seen, sum.counts)) state.grew_at = now;
    const ReadCounts growth = raise(state.seen, sum.counts);
    for_each_target(sum.key.targets,
                    [&](std::size_t, std::size_t target) { add(books_[target].total, growth); });
    add_to_series(sum, state, growth, now);
}

void SeriesTable::add_to_series(const ReadSum& sum, SumState& state, const ReadCounts& growth,
                                TimePoint now) {
    if (state.seen.calls == 0 && state.seen.errors == 0) return;
    const FileName* name = name_of(sum);
    if (name == nullptr || lacks_cgroup(sum)) return;

    // What was read before the name was known is still owed to the series.
    const bool first_time = !std::exchange(state.placed, true);
    if (first_time) ++changes_;
    const ReadCounts& amount = first_time ? state.seen : growth;
    for_each_target(sum.key.targets, [&](std::size_t number, std::size_t target) {
        Link& link = state.links[number];
        if (has_no_series(link)) link = place(sum, target, *name);
        if (link.slot == kOverflowSlot) {
            add(books_[target].over_series_limit, amount);
            return;
        }
        Series& series = series_[link.slot];
        add(series.counts, amount);
        series.grew_at = now;
    });
}

/// nullptr: not announced yet.
const FileName* SeriesTable::name_of(const ReadSum& sum) const {
    const auto found = paths_.find(sum.key.path);
    return found == paths_.end() || !found->second.announced ? nullptr : &found->second.name;
}

bool SeriesTable::lacks_cgroup(const ReadSum& sum) const {
    return sum.key.cgroup != 0 && cgroups_.path_of(sum.key.cgroup) == nullptr;
}

/// Not yet, or it left.
bool SeriesTable::has_no_series(const Link& link) const {
    if (link.slot == kOverflowSlot) return false;
    return link.slot == kNoSlot || series_[link.slot].generation != link.generation;
}

SeriesTable::Link SeriesTable::place(const ReadSum& sum, std::size_t target, const FileName& name) {
    compose_labels(sum, target, name.path);
    const auto found = slots_by_labels_.find(labels_scratch_);
    if (found != slots_by_labels_.end()) {
        return {found->second, series_[found->second].generation};
    }
    if (series_count() >= limits_.max_series) return {kOverflowSlot, 0};

    if (name.truncated) ++paths_truncated_;
    if (name.unresolved) ++paths_unresolved_;
    ++changes_;
    const std::uint32_t slot = take_slot();
    Series& series = series_[slot];
    series.labels = LabelSet(labels_scratch_);
    series.target = target;
    series.live = true;
    slots_by_labels_.emplace(series.labels.view(), slot);
    return {slot, series.generation};
}

void SeriesTable::compose_labels(const ReadSum& sum, std::size_t target, std::string_view path) {
    const std::string* cgroup = cgroups_.path_of(sum.key.cgroup);
    labels_scratch_ = '{';
    append_labels(labels_scratch_, targets_[target], path, sum.key,
                  cgroup == nullptr ? std::string_view() : *cgroup);
    labels_scratch_ += '}';
}

std::uint32_t SeriesTable::take_slot() {
    if (free_slots_.empty()) {
        series_.emplace_back();
        return static_cast<std::uint32_t>(series_.size() - 1);
    }
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
}

void SeriesTable::apply_overflow(const ReadSnapshot& snapshot) {
    const std::vector<ReadCounts>& overflow = snapshot.overflow;
    paths_hidden_ = snapshot.paths_hidden;
    for (std::size_t bit = 0; bit < std::min(overflow.size(), bits_.size()); ++bit) {
        BitState& state = bits_[bit];
        const ReadCounts growth = raise(state.overflow, overflow[bit]);
        if (state.target == kNobody) continue;
        TargetBooks& books = books_[state.target];
        add(paths_hidden_ ? books.over_path_hidden : books.over_map_full, growth);
        add(books.total, growth);
    }
}

void SeriesTable::apply_errnos(const std::vector<ErrnoCount>& errnos) {
    for (const ErrnoCount& row : errnos) {
        if (row.target >= bits_.size() || row.calls == 0) continue;
        BitState& state = bits_[row.target];
        const std::uint64_t growth = raise(state.errnos[row.number], row.calls);
        if (state.target != kNobody && growth != 0)
            books_[state.target].errnos[row.number] += growth;
    }
}

void SeriesTable::apply_durations(const std::vector<ReadDurations>& durations) {
    for (std::size_t bit = 0; bit < std::min(durations.size(), bits_.size()); ++bit) {
        BitState& state = bits_[bit];
        ReadDurations unwanted;
        ReadDurations& sum = state.target == kNobody ? unwanted : books_[state.target].durations;
        for (std::size_t bucket = 0; bucket < sum.buckets.size(); ++bucket)
            sum.buckets[bucket] +=
                raise(state.durations.buckets[bucket], durations[bit].buckets[bucket]);
        sum.sum_ns += raise(state.durations.sum_ns, durations[bit].sum_ns);
    }
}

void SeriesTable::apply_unattributed(const std::vector<std::pair<const char*, ReadCounts>>& rows) {
    for (const auto& [reason, counts] : rows)
        raise(unattributed_[reason], counts);
}

void SeriesTable::drop_idle(TimePoint now) {
    for (std::uint32_t slot = 0; slot < series_.size(); ++slot) {
        const Series& series = series_[slot];
        if (series.live && now - series.grew_at >= limits_.idle_timeout) drop_series(slot);
    }
}

void SeriesTable::drop_series(std::uint32_t slot) {
    Series& series = series_[slot];
    ++changes_;
    slots_by_labels_.erase(series.labels.view());
    const std::uint32_t next_generation = series.generation + 1;
    series = Series{};
    series.generation = next_generation;
    free_slots_.push_back(slot);
}

}  // namespace vfswatchd
