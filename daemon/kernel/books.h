// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bpf/vfswatch_abi.h"
#include "kernel/iterator.h"
#include "kernel/sums.h"
#include "model/reads.h"
#include "model/snippet.h"

struct ring_buffer;
struct vfswatch_bpf;

namespace vfswatchd {

/// Events that the kernel side could not deliver or see whole, since load.
struct KernelDrops {
    std::uint64_t name_ring_full = 0;       ///< path announced again at a later read
    std::uint64_t residue_torn = 0;         ///< run that changed while it was read; seen next time
    std::uint64_t task_table_full = 0;      ///< calls of tasks without a run: unattributed
    std::uint64_t children_unfollowed = 0;  ///< made while the table of tasks was full
};

/// Reads what the programs count: sums through a shared mapping, unsettled reads through
/// iter/task, new names through the ring buffer.
/// Thread: one at a time, but for drain_names().
class Books {
  public:
    /// The skeleton must be loaded and outlive the books.
    [[nodiscard]] static Result<std::unique_ptr<Books>> open(vfswatch_bpf& skeleton);
    ~Books();

    /// Everything counted up to now. Sums first, then what is unsettled: a run that settles in
    /// between is seen too small, never twice.
    [[nodiscard]] Result<ReadSnapshot> read();

    /// Takes the announced names out of the ring; they are in the next snapshot.
    /// Thread: any, also while another reads.
    void drain_names();

    /// From here on each name is handed over before the kernel may forget it, too. `keep` must not
    /// call back.
    void keep_names(std::function<void(std::span<const std::byte> record)> keep);
    /// A record that was kept: it is in the next snapshot.
    void restore_name(std::span<const std::byte> record);
    /// Takes all names that wait, as a snapshot would.
    void take_names(std::vector<FileName>& files, std::vector<CgroupName>& cgroups);

    /// Readable when names are waiting.
    [[nodiscard]] int name_ring_fd() const;

    /// Runs that stand for somebody, in no order.
    [[nodiscard]] Result<std::vector<vfswatch_holder>> holders() const;

    [[nodiscard]] KernelDrops drops() const;

    /// By bit, whether or not its target samples.
    [[nodiscard]] std::vector<KernelSamples> samples() const;
    /// The same with what is said of them moved: `from` says of each bit whose samples it has from
    /// here on, absent where it begins at 0. Only while nothing is sampled.
    void move_samples(const std::vector<std::optional<unsigned>>& from);

    /// Walks from a file to the root.
    [[nodiscard]] std::uint64_t paths_resolved() const;

    [[nodiscard]] Sums& sums() { return *sums_; }

  private:
    struct Names {
        std::vector<FileName> files;
        std::vector<CgroupName> cgroups;
    };
    struct RingDeleter {
        void operator()(ring_buffer* ring) const;
    };

    Books(vfswatch_bpf& skeleton, std::unique_ptr<Sums> sums, Iterator residues, Iterator holders);
    [[nodiscard]] Result<void> open_ring();
    void give_names_back(ReadSnapshot snapshot);
    static int take_name(void* books, void* record, std::size_t bytes);
    void add_waiting(std::span<const std::byte> record);
    void read_sums(ReadSnapshot& snapshot);
    [[nodiscard]] Result<void> add_residues(ReadSnapshot& snapshot) const;
    void add_residues(std::span<const std::byte> records, ReadSnapshot& snapshot) const;
    void add_residue(const vfswatch_residue& residue, ReadSnapshot& snapshot) const;
    void read_stats(ReadSnapshot& snapshot) const;
    void read_errnos(ReadSnapshot& snapshot) const;
    void read_durations(ReadSnapshot& snapshot) const;

    vfswatch_bpf* skeleton_;
    std::unique_ptr<Sums> sums_;
    Iterator residues_;
    Iterator holders_;
    std::vector<std::uint32_t> place_of_;  ///< sum id -> place in the snapshot under way, + 1
    std::unique_ptr<ring_buffer, RingDeleter> ring_;
    std::mutex ring_mutex_;  ///< over the ring and the names that wait
    Names waiting_;
    std::function<void(std::span<const std::byte>)> keep_;
};

}  // namespace vfswatchd
