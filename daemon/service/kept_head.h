// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"
#include "policy/foundation.h"
#include "policy/roster.h"

namespace vfswatchd {

/// As the state that outlives a process begins: what the next one has to know before it can go on.
struct KeptHead {
    std::string layout = vfswatchd::layout();  ///< where it is another, nothing else is known
    Foundation foundation;
    Roster roster;
    HeldTargets held;  ///< bits without an owner that may be held

    /// From here on these are the owners. Those that were may still be held.
    void follow(const Roster& next);

    void save(ByteWriter& out) const;
    [[nodiscard]] static KeptHead load(ByteReader& in);
};

}  // namespace vfswatchd
