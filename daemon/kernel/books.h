// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/reads.h"

struct bpf_link;
struct ring_buffer;
struct vfswatch_bpf;

namespace vfswatchd {

/// Events that the kernel side could not deliver or see whole, since load.
struct KernelDrops {
    std::uint64_t name_ring_full = 0;   ///< path announced again at a later read
    std::uint64_t residue_torn = 0;     ///< run that changed while it was read; seen next time
    std::uint64_t task_table_full = 0;  ///< calls of tasks without a run: unattributed
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

    /// Readable when names are waiting.
    [[nodiscard]] int name_ring_fd() const;

    [[nodiscard]] KernelDrops drops() const;

  private:
    struct LinkDeleter {
        void operator()(bpf_link* link) const;
    };
    struct RingDeleter {
        void operator()(ring_buffer* ring) const;
    };

    explicit Books(vfswatch_bpf& skeleton) : skeleton_(&skeleton) {}
    [[nodiscard]] Result<void> map_sums();
    [[nodiscard]] Result<void> open_ring();
    [[nodiscard]] Result<void> open_iterator();
    [[nodiscard]] std::vector<FileName> take_names();
    static int take_name(void* books, void* record, std::size_t bytes);
    void read_sums(ReadSnapshot& snapshot);
    [[nodiscard]] Result<void> add_residues(ReadSnapshot& snapshot) const;
    void add_residue(const vfswatch_residue& residue, ReadSnapshot& snapshot) const;
    void read_stats(ReadSnapshot& snapshot) const;
    void read_errnos(ReadSnapshot& snapshot) const;
    void read_durations(ReadSnapshot& snapshot) const;

    vfswatch_bpf* skeleton_;
    std::span<const vfswatch_sum> sums_;   ///< the kernel's own memory
    std::vector<std::uint32_t> place_of_;  ///< sum id -> place in the snapshot under way, + 1
    std::unique_ptr<ring_buffer, RingDeleter> ring_;
    std::unique_ptr<bpf_link, LinkDeleter> iterator_;
    std::mutex ring_mutex_;  ///< over the ring and the names that wait
    std::vector<FileName> waiting_names_;
};

}  // namespace vfswatchd
