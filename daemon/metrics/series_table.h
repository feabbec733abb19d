// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "metrics/cgroup_names.h"
#include "metrics/label_set.h"
#include "model/reads.h"
#include "model/target.h"
#include "model/target_choice.h"

namespace vfswatchd {

/// One file of one target, with the label fields that the target asks for.
struct SeriesRow {
    LabelSet labels;
    ReadCounts counts;
};

/// What a target's reads came to, whether or not they have a series.
struct TargetBooks {
    ReadCounts total;
    ReadCounts over_series_limit;
    ReadCounts over_map_full;
    ReadCounts over_path_hidden;          ///< only where no path can be read at all
    std::map<int, std::uint64_t> errnos;  ///< by number; 0: any other
    ReadDurations durations;

    /// What has no series of its own.
    [[nodiscard]] ReadCounts overflow() const;
};

struct SeriesLimits {
    std::size_t max_series = 0;  ///< over all targets
    std::chrono::steady_clock::duration idle_timeout{};
};

/// Names the kernel's sums and merges them into series.
/// A series is a name (target, path, labels): many sums may feed one. A published value never falls
/// while its series stays. A sum keeps the series it was given, or stays in the overflow: a series
/// that moved into the overflow would read as a counter reset there.
/// Thread: one at a time; the caller locks.
class SeriesTable {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// The targets have the bits of their places.
    SeriesTable(std::vector<Target> targets, SeriesLimits limits);

    /// From here on there are these targets. One that was there keeps its totals and series,
    /// wherever it stands; what it would name otherwise now is named so from its next reads on.
    /// A bit that was a target's stays the same name's until another target has it.
    void change_targets(std::vector<Target> targets, const TargetBits& bits, SeriesLimits limits,
                        TimePoint now);

    /// Adds what grew since the snapshots before; then drops the series that nobody reads.
    /// Time: one comparison for a sum that did not grow.
    void apply(const ReadSnapshot& snapshot, TimePoint now);

    /// Ids of the sums that nobody read for the idle timeout; and of those that nobody read since
    /// the targets changed and that are of a target that is no more, or not the only ones of their
    /// path: others may be kept for the same files from then on.
    [[nodiscard]] std::vector<std::uint32_t> idle_sums(TimePoint now) const;

    /// Adds what grew of a sum that the kernel has given back; its id is free for another one.
    void retire(const ReadSum& last, TimePoint now);

    /// Everything that is known here of sums and series, for the next process of this machine's
    /// uptime. What is saved does not depend on how much sums have grown since: a table that was
    /// loaded adds the rest by itself.
    void save(ByteWriter& out) const;
    /// What save() wrote, in place of what is here; its targets are names only, until
    /// change_targets() says what they are now.
    /// False: it is not whole, and the table is of no use.
    [[nodiscard]] bool load(ByteReader& in);
    /// Has anything changed since that time that save() would write, beside growth?
    [[nodiscard]] std::uint64_t changes() const { return changes_; }
    /// Names that are known before the sums are read.
    void learn(const std::vector<FileName>& names, const std::vector<CgroupName>& cgroups);
    /// Is there anything that retire() would take out?
    [[nodiscard]] bool knows_sum(std::uint32_t id) const {
        return id < sums_.size() && sums_[id].known;
    }

    /// A copy of every series of the chosen targets; label texts are shared.
    [[nodiscard]] std::vector<SeriesRow> rows(const TargetChoice& choice = {}) const;

    [[nodiscard]] const std::vector<Target>& targets() const { return targets_; }
    [[nodiscard]] const SeriesLimits& limits() const { return limits_; }
    /// By the target's place in the list.
    [[nodiscard]] const std::vector<TargetBooks>& books() const { return books_; }
    [[nodiscard]] const std::map<std::string, ReadCounts>& unattributed() const {
        return unattributed_;
    }
    /// The kernel is locked down: every read is overflow.
    [[nodiscard]] bool paths_hidden() const { return paths_hidden_; }
    [[nodiscard]] std::size_t series_count() const { return slots_by_labels_.size(); }
    /// By the target's place in the list.
    [[nodiscard]] std::vector<std::size_t> series_of_targets() const;
    /// Paths that are kept for the sums of now.
    [[nodiscard]] std::size_t known_paths() const { return paths_.size(); }
    [[nodiscard]] std::size_t series_limit() const { return limits_.max_series; }
    /// Series whose path is not whole.
    [[nodiscard]] std::uint64_t paths_truncated() const { return paths_truncated_; }
    /// Series whose path is the reader's, for the host's view shows none.
    [[nodiscard]] std::uint64_t paths_unresolved() const { return paths_unresolved_; }

  private:
    struct Series {
        LabelSet labels;
        ReadCounts counts;
        TimePoint grew_at;
        std::size_t target = 0;        ///< its place in the list
        std::uint32_t generation = 0;  ///< of the slot: tells a series from the one before it
        bool live = false;
    };

    /// Link::slot of a sum that came when all series were taken.
    static constexpr std::uint32_t kOverflowSlot = std::numeric_limits<std::uint32_t>::max();
    /// Of one that was given no series yet.
    static constexpr std::uint32_t kNoSlot = kOverflowSlot - 1;

    /// Whose bit it is.
    static constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

    /// Where one target shows a sum. A generation that passed: the series left, idle.
    struct Link {
        std::uint32_t slot = kNoSlot;
        std::uint32_t generation = 0;
    };

    /// Whose a bit is, and what the kernel has counted for it since it began, whoever had it.
    struct BitState {
        std::size_t target = kNobody;
        ReadCounts overflow;
        std::map<int, std::uint64_t> errnos;
        ReadDurations durations;
    };

    /// What is kept of one sum, from the snapshot that showed it first until it is retired.
    struct SumState {
        ReadCounts seen;
        TargetMask targets = 0;
        std::uint64_t path = 0;   ///< as the kernel hashes it
        std::vector<Link> links;  ///< one for each wanting target, in the order of their bits
        TimePoint grew_at;
        bool known = false;
        bool placed = false;  ///< its links were given; until then nothing of it has a series
    };

    /// A path, while there are sums of it.
    struct PathState {
        FileName name;
        bool announced = false;
        std::uint32_t sums = 0;
    };

    void save_names(ByteWriter& out) const;
    void load_names(ByteReader& in);
    void save_sums(ByteWriter& out) const;
    void load_sums(ByteReader& in);
    void save_series(ByteWriter& out) const;
    void load_series(ByteReader& in);
    [[nodiscard]] bool is_sound() const;
    template <typename Visit>
    void for_each_target(TargetMask mask, Visit visit) const;
    void drop_series(std::uint32_t slot);
    [[nodiscard]] TargetMask present_targets() const;
    [[nodiscard]] bool is_replaced(const SumState& sum, TargetMask present) const;
    void keep_series_of(const std::vector<std::size_t>& new_places);
    void try_overflow_again();
    [[nodiscard]] bool is_settled(const ReadSum& sum) const;
    SumState& state_of(const ReadSum& sum, TimePoint now);
    void apply_sum(const ReadSum& sum, TimePoint now);
    void add_to_series(const ReadSum& sum, SumState& state, const ReadCounts& growth,
                       TimePoint now);
    [[nodiscard]] const FileName* name_of(const ReadSum& sum) const;
    [[nodiscard]] bool lacks_cgroup(const ReadSum& sum) const;
    [[nodiscard]] bool has_no_series(const Link& link) const;
    Link place(const ReadSum& sum, std::size_t target, const FileName& name);
    void compose_labels(const ReadSum& sum, std::size_t target, std::string_view path);
    std::uint32_t take_slot();
    void apply_overflow(const ReadSnapshot& snapshot);
    void apply_errnos(const std::vector<ErrnoCount>& errnos);
    void apply_durations(const std::vector<ReadDurations>& durations);
    void apply_unattributed(const std::vector<std::pair<const char*, ReadCounts>>& rows);
    void drop_idle(TimePoint now);

    std::vector<Target> targets_;
    SeriesLimits limits_;
    TimePoint targets_changed_at_;
    std::vector<TargetBooks> books_;
    std::array<BitState, std::numeric_limits<TargetMask>::digits> bits_;
    bool paths_hidden_ = false;
    std::map<std::string, ReadCounts> unattributed_;

    std::unordered_map<std::uint64_t, PathState> paths_;  ///< by the kernel's hash of the path
    CgroupNames cgroups_;
    std::uint64_t paths_truncated_ = 0;
    std::uint64_t paths_unresolved_ = 0;

    std::vector<SumState> sums_;  ///< by sum id
    std::vector<Series> series_;
    std::vector<std::uint32_t> free_slots_;
    /// The keys are the series' own label texts.
    std::unordered_map<std::string_view, std::uint32_t> slots_by_labels_;
    std::string labels_scratch_;
    std::uint64_t changes_ = 0;
};

}  // namespace vfswatchd
