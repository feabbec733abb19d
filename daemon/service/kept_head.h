// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"
#include "policy/foundation.h"
#include "policy/roster.h"

namespace vfswatchd {

/// As the state that outlives a process begins: what the next one has to know before it can go on.
struct KeptHead {
    std::string layout = vfswatchd::layout();
    Foundation foundation;
    Roster roster;
    HeldTargets held;  ///< bits that may be held; nothing more is while no other set decides

    /// They may be from here on.
    void hold(const TargetBits& bits);

    void save(ByteWriter& out) const;
    [[nodiscard]] static KeptHead load(ByteReader& in);
};

}  // namespace vfswatchd
