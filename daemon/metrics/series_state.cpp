// SPDX-License-Identifier: Apache-2.0
// How a series table is kept for the next process.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "metrics/series_table.h"

namespace vfswatchd {
namespace {

using TimePoint = SeriesTable::TimePoint;

void put(ByteWriter& out, TimePoint time) {
    // CLOCK_MONOTONIC goes on from process to process.
    out.put(std::int64_t{time.time_since_epoch().count()});
}

TimePoint get_time(ByteReader& in) {
    return TimePoint(TimePoint::duration(in.get<std::int64_t>()));
}

void put(ByteWriter& out, const std::map<int, std::uint64_t>& errnos) {
    out.put_count(errnos.size());
    for (const auto& [number, calls] : errnos) {
        out.put(number);
        out.put(calls);
    }
}

void get(ByteReader& in, std::map<int, std::uint64_t>& errnos) {
    for (std::size_t left = in.get_count(); left > 0; --left) {
        const int number = in.get<int>();
        errnos[number] = in.get<std::uint64_t>();
    }
}

void put(ByteWriter& out, const TargetBooks& books) {
    for (const ReadCounts* counts :
         {&books.total, &books.over_series_limit, &books.over_map_full, &books.over_path_hidden})
        out.put(*counts);
    out.put(books.durations);
    put(out, books.errnos);
}

void get(ByteReader& in, TargetBooks& books) {
    for (ReadCounts* counts :
         {&books.total, &books.over_series_limit, &books.over_map_full, &books.over_path_hidden})
        *counts = in.get<ReadCounts>();
    books.durations = in.get<ReadDurations>();
    get(in, books.errnos);
}

}  // namespace

void SeriesTable::save(ByteWriter& out) const {
    out.put(std::uint64_t{limits_.max_series});
    out.put_count(targets_.size());
    for (std::size_t target = 0; target < targets_.size(); ++target) {
        out.put_text(targets_[target].name);
        put(out, books_[target]);
    }
    for (const BitState& bit : bits_) {
        out.put(std::uint64_t{bit.target});
        out.put(bit.overflow);
        put(out, bit.errnos);
        out.put(bit.durations);
    }
    out.put_count(unattributed_.size());
    for (const auto& [reason, counts] : unattributed_) {
        out.put_text(reason);
        out.put(counts);
    }
    save_names(out);
    save_sums(out);
    save_series(out);
}

bool SeriesTable::load(ByteReader& in) {
    limits_.max_series = in.get<std::uint64_t>();
    targets_.assign(in.get_count(), {});
    books_.assign(targets_.size(), {});
    for (std::size_t target = 0; target < targets_.size(); ++target) {
        targets_[target].name = in.get_text();
        get(in, books_[target]);
    }
    for (BitState& bit : bits_) {
        bit.target = in.get<std::uint64_t>();
        bit.overflow = in.get<ReadCounts>();
        get(in, bit.errnos);
        bit.durations = in.get<ReadDurations>();
    }
    for (std::size_t left = in.get_count(); left > 0; --left) {
        const std::string reason = in.get_text();
        unattributed_[reason] = in.get<ReadCounts>();
    }
    load_names(in);
    load_sums(in);
    load_series(in);
    return !in.failed() && is_sound();
}

void SeriesTable::save_names(ByteWriter& out) const {
    out.put(paths_truncated_);
    out.put(paths_unresolved_);
    out.put_count(paths_.size());
    for (const auto& [id, path] : paths_) {
        out.put(id);
        out.put_text(path.name.path);
        out.put(path.sums);
        const unsigned flags = (path.announced ? 1U : 0U) | (path.name.truncated ? 2U : 0U) |
                               (path.name.unresolved ? 4U : 0U);
        out.put(flags);
    }
    cgroups_.save(out);
}

void SeriesTable::load_names(ByteReader& in) {
    paths_truncated_ = in.get<std::uint64_t>();
    paths_unresolved_ = in.get<std::uint64_t>();
    for (std::size_t left = in.get_count(); left > 0; --left) {
        const auto id = in.get<std::uint64_t>();
        PathState& path = paths_[id];
        path.name.id = id;
        path.name.path = in.get_text();
        path.sums = in.get<std::uint32_t>();
        const auto flags = in.get<unsigned>();
        path.announced = (flags & 1U) != 0;
        path.name.truncated = (flags & 2U) != 0;
        path.name.unresolved = (flags & 4U) != 0;
    }
    cgroups_.load(in);
}

void SeriesTable::save_sums(ByteWriter& out) const {
    out.put_count(sums_.size());
    for (const SumState& sum : sums_) {
        out.put(static_cast<std::uint8_t>((sum.known ? 1 : 0) | (sum.placed ? 2 : 0)));
        if (!sum.known) continue;
        out.put(sum.seen);
        out.put(sum.targets);
        out.put(sum.path);
        put(out, sum.grew_at);
        out.put_count(sum.links.size());
        for (const Link& link : sum.links)
            out.put(link);
    }
}

void SeriesTable::load_sums(ByteReader& in) {
    sums_.assign(in.get_count(), {});
    for (SumState& sum : sums_) {
        const auto flags = in.get<std::uint8_t>();
        sum.known = (flags & 1) != 0;
        sum.placed = (flags & 2) != 0;
        if (!sum.known) continue;
        sum.seen = in.get<ReadCounts>();
        sum.targets = in.get<TargetMask>();
        sum.path = in.get<std::uint64_t>();
        sum.grew_at = get_time(in);
        sum.links.resize(in.get_count());
        for (Link& link : sum.links)
            link = in.get<Link>();
    }
}

void SeriesTable::save_series(ByteWriter& out) const {
    out.put_count(series_.size());
    for (const Series& series : series_) {
        out.put(series.generation);
        out.put_text(series.live ? series.labels.view() : std::string_view());
        out.put(std::uint64_t{series.target});
        out.put(series.counts);
        put(out, series.grew_at);
    }
}

void SeriesTable::load_series(ByteReader& in) {
    series_.assign(in.get_count(), {});
    for (std::size_t slot = 0; slot < series_.size(); ++slot) {
        Series& series = series_[slot];
        series.generation = in.get<std::uint32_t>();
        const std::string labels = in.get_text();
        series.target = in.get<std::uint64_t>();
        series.counts = in.get<ReadCounts>();
        series.grew_at = get_time(in);
        series.live = !labels.empty();
        if (!series.live) {
            free_slots_.push_back(static_cast<std::uint32_t>(slot));
            continue;
        }
        series.labels = LabelSet(labels);
        slots_by_labels_.emplace(series.labels.view(), static_cast<std::uint32_t>(slot));
    }
}

/// Nothing points to what is not there.
bool SeriesTable::is_sound() const {
    for (const BitState& bit : bits_)
        if (bit.target >= targets_.size() && bit.target != kNobody) return false;
    for (const Series& series : series_)
        if (series.live && series.target >= targets_.size()) return false;
    for (const SumState& sum : sums_) {
        if (sum.known && sum.links.size() != static_cast<std::size_t>(std::popcount(sum.targets)))
            return false;
        for (const Link& link : sum.links)
            if (link.slot >= series_.size() && link.slot < kNoSlot) return false;
    }
    return true;
}

}  // namespace vfswatchd
