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

template <typename Visit>
void for_each_target(TargetMask mask, Visit visit) {
    for (; mask != 0; mask &= mask - 1)
        visit(static_cast<std::size_t>(std::countr_zero(mask)));
}

TargetMask mask_of(std::size_t targets) {
    constexpr std::size_t kMaskBits = std::numeric_limits<TargetMask>::digits;
    assert(targets <= kMaskBits);
    return targets == kMaskBits ? ~TargetMask{0} : (TargetMask{1} << targets) - 1;
}

}  // namespace

SeriesTable::SeriesTable(std::vector<Target> targets, SeriesLimits limits)
    : targets_(std::move(targets)),
      limits_(limits),
      known_targets_(mask_of(targets_.size())),
      books_(targets_.size()),
      overflow_seen_(targets_.size()) {}

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

std::vector<SeriesRow> SeriesTable::rows() const {
    std::vector<SeriesRow> rows;
    rows.reserve(series_count());
    for (const Series& series : series_) {
        if (series.live) rows.push_back({series.labels, series.counts});
    }
    return rows;
}

std::vector<std::uint32_t> SeriesTable::idle_sums(TimePoint now) const {
    std::vector<std::uint32_t> ids;
    for (std::uint32_t id = 0; id < sums_.size(); ++id) {
        const SumState& state = sums_[id];
        if (state.known && now - state.grew_at >= limits_.idle_timeout) ids.push_back(id);
    }
    return ids;
}

void SeriesTable::retire(const ReadSum& last, TimePoint now) {
    if (!is_settled(last)) apply_sum(last, now);
    SumState& state = state_of(last, now);
    // Its path found the ring full, and nobody read the file again.
    if (!state.placed)
        for_each_target(last.key.targets & known_targets_,
                        [&](std::size_t target) { add(books_[target].over_map_full, state.seen); });
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
        const int wanting = std::popcount(sum.key.targets & known_targets_);
        state.links.resize(static_cast<std::size_t>(wanting));
        ++paths_[sum.key.path].sums;
        cgroups_.hold(sum.key.cgroup);
    }
    return state;
}

void SeriesTable::apply_sum(const ReadSum& sum, TimePoint now) {
    SumState& state = state_of(sum, now);
    if (grew(state.seen, sum.counts)) state.grew_at = now;
    const ReadCounts growth = raise(state.seen, sum.counts);
    for_each_target(sum.key.targets & known_targets_,
                    [&](std::size_t target) { add(books_[target].total, growth); });
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
    auto next_link = state.links.begin();
    for_each_target(sum.key.targets & known_targets_, [&](std::size_t target) {
        Link& link = *next_link++;
        if (first_time || left_idle(link)) link = place(sum, target, *name);
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

bool SeriesTable::left_idle(const Link& link) const {
    return link.slot != kOverflowSlot && series_[link.slot].generation != link.generation;
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
    const std::size_t targets = std::min(overflow.size(), books_.size());
    for (std::size_t target = 0; target < targets; ++target) {
        const ReadCounts growth = raise(overflow_seen_[target], overflow[target]);
        TargetBooks& books = books_[target];
        add(paths_hidden_ ? books.over_path_hidden : books.over_map_full, growth);
        add(books.total, growth);
    }
}

void SeriesTable::apply_errnos(const std::vector<ErrnoCount>& errnos) {
    for (const ErrnoCount& row : errnos) {
        if (row.target >= books_.size() || row.calls == 0) continue;
        raise(books_[row.target].errnos[row.number], row.calls);
    }
}

void SeriesTable::apply_durations(const std::vector<ReadDurations>& durations) {
    const std::size_t targets = std::min(durations.size(), books_.size());
    for (std::size_t target = 0; target < targets; ++target) {
        ReadDurations& seen = books_[target].durations;
        for (std::size_t bucket = 0; bucket < seen.buckets.size(); ++bucket)
            raise(seen.buckets[bucket], durations[target].buckets[bucket]);
        raise(seen.sum_ns, durations[target].sum_ns);
    }
}

void SeriesTable::apply_unattributed(const std::vector<std::pair<const char*, ReadCounts>>& rows) {
    for (const auto& [reason, counts] : rows)
        raise(unattributed_[reason], counts);
}

void SeriesTable::drop_idle(TimePoint now) {
    for (std::size_t slot = 0; slot < series_.size(); ++slot) {
        Series& series = series_[slot];
        if (!series.live || now - series.grew_at < limits_.idle_timeout) continue;
        ++changes_;
        slots_by_labels_.erase(series.labels.view());
        const std::uint32_t next_generation = series.generation + 1;
        series = Series{};
        series.generation = next_generation;
        free_slots_.push_back(static_cast<std::uint32_t>(slot));
    }
}

}  // namespace vfswatchd
