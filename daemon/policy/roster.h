// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "bpf/vfswatch_abi.h"
#include "config/config.h"
#include "model/filter.h"
#include "model/target.h"

namespace vfswatchd {

/// Which bit of the kernel's masks stands for which target, from one configuration to the next.
/// A target keeps its bit with its name, wherever it stands in the file; but where children are
/// followed, who they descend from is a part of what the bit means.
class Roster {
  public:
    /// Nobody has a bit.
    Roster() = default;

    /// For the next configuration. A bit has no other owner before nobody holds it any more, and
    /// not in the change in which its owner leaves, while programs still write it: a read under way
    /// belongs to the targets that wanted it at its start.
    /// Errors: not enough bits are free.
    [[nodiscard]] Result<Roster> next(const Config& config, const HeldTargets& held) const;

    /// This one and the owners that `next`, which came of it, has beside.
    [[nodiscard]] Roster with(const Roster& next) const;

    /// Bits that have an owner.
    [[nodiscard]] TargetMask owned() const;

    /// Of the configuration's targets.
    [[nodiscard]] const TargetBits& bits() const { return bits_; }

    void save(ByteWriter& out) const;
    /// Without bits(): the configuration of now has not been looked at.
    [[nodiscard]] static Roster load(ByteReader& in);

  private:
    std::array<std::string, VFSWATCH_MAX_TARGETS> owners_;  ///< empty: nobody
    TargetBits bits_;
};

/// The tables of a filter whose targets have the bits of their places, with these bits instead.
[[nodiscard]] Filter with_bits(Filter filter, const TargetBits& bits);

}  // namespace vfswatchd
