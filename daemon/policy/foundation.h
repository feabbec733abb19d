// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "config/config.h"
#include "model/filter.h"

namespace vfswatchd {

/// What counts stand on: it cannot change while they go on. Everything else of a configuration can.
struct Foundation {
    std::uint32_t max_files = 0;  ///< the kernel's tables have been made for
    std::uint32_t max_tasks = 0;
    ProbeWishes probe;

    void save(ByteWriter& out) const;
    [[nodiscard]] static Foundation load(ByteReader& in);
};

[[nodiscard]] Foundation foundation_of(const Config& config);

/// Why the configuration cannot go on with counts that stand on `kept`; empty: it can.
[[nodiscard]] std::string obstacle(const Foundation& kept, const Config& config);

/// Of the tables that are shared with the kernel and of what is saved: another version that says
/// the same can go on with both. Not for people.
[[nodiscard]] std::string layout();

}  // namespace vfswatchd
