// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/iterator.h"
#include "model/reads.h"

struct vfswatch_bpf;

namespace vfswatchd {

/// The kernel's table of sums, in memory shared with the programs.
///
/// A sum is given back in steps, so that no read is lost that comes meanwhile: retire() takes care
/// that no run takes it any more; wait_for_programs() lets those end that took it before; drain()
/// takes it out of use if no run holds it; free_drained() makes room for another one.
/// Thread: one at a time, but for wait_for_programs(), which is const.
class Sums {
  public:
    /// The skeleton must be loaded and outlive this.
    [[nodiscard]] static Result<std::unique_ptr<Sums>> open(vfswatch_bpf& skeleton);
    Sums(const Sums&) = delete;
    Sums& operator=(const Sums&) = delete;
    ~Sums();

    /// All that are in use, in the order of their ids.
    [[nodiscard]] std::vector<ReadSum> read() const;

    /// Ids are below this.
    [[nodiscard]] std::size_t end_id() const { return sums_.size(); }

    /// How many are in use.
    [[nodiscard]] std::uint64_t in_use() const;

    /// Who wants any of those that are not free.
    [[nodiscard]] TargetMask targets() const;

    /// Returns those that no run holds now, out of these; they are counted on until they are
    /// drained.
    [[nodiscard]] std::vector<std::uint32_t> retire(const std::vector<std::uint32_t>& ids);

    /// Every program that runs when this begins has ended when it returns.
    [[nodiscard]] Result<void> wait_for_programs() const;

    /// What another process left half-way: those that it had drained, to be freed once they are
    /// accounted for; what it had only retired lives on.
    [[nodiscard]] std::vector<ReadSum> take_over();

    /// Takes that back.
    void revive(const std::vector<std::uint32_t>& retired);

    /// Takes what was retired out of use, but what a run took before it saw that: that lives on.
    /// Returns those as they were last; free_drained() makes room of them.
    [[nodiscard]] std::vector<ReadSum> drain(const std::vector<std::uint32_t>& retired);
    /// What an error left over is made up for by the next call.
    [[nodiscard]] Result<void> free_drained();

  private:
    Sums(vfswatch_bpf& skeleton, Iterator free_drained, Iterator forget_places);
    [[nodiscard]] Result<void> make_grace_map();

    vfswatch_bpf* skeleton_;
    std::span<vfswatch_sum> sums_;  ///< the kernel's own memory
    Iterator free_drained_;
    Iterator forget_places_;
    bool some_are_drained_ = false;
    UniqueFd empty_map_;  ///< what the map of maps holds
    UniqueFd grace_map_;  ///< a map of maps: whoever writes to it waits for running programs
};

}  // namespace vfswatchd
