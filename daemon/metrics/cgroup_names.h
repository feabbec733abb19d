// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "model/reads.h"

namespace vfswatchd {

/// Paths of cgroups by their ids, which are never used again. The kernel tells each path once, as
/// far as it remembers (VFSWATCH_MAX_CGROUPS), so those that no sum holds are kept for a while:
/// the latest twice that many.
/// Thread: one at a time.
class CgroupNames {
  public:
    void learn(const CgroupName& cgroup);

    /// A sum shows it, until release(). Id 0 is none.
    void hold(std::uint64_t id);
    void release(std::uint64_t id);

    /// nullptr: not announced yet. Until the next learn() or release().
    [[nodiscard]] const std::string* path_of(std::uint64_t id) const;

    void save(ByteWriter& out) const;
    /// What save() wrote, in place of what is here.
    void load(ByteReader& in);

    [[nodiscard]] std::size_t size() const { return names_.size(); }

  private:
    struct State {
        std::string path;
        std::uint32_t holders = 0;
        bool unheld = false;  ///< waits in unheld_
    };

    void wait_unheld(std::uint64_t id, State& state);

    std::unordered_map<std::uint64_t, State> names_;
    std::deque<std::uint64_t> unheld_;  ///< oldest first
};

}  // namespace vfswatchd
