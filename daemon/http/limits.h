// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

namespace vfswatchd {

/// What clients may hold. For each listener, but for the pages.
struct HttpLimits {
    /// Open at once. Three quarters are for use; beyond, who asked longest ago is hung up on.
    unsigned connections = 128;
    /// A connection's buffers, and so the size of a chunk; pages that are not used cost nothing.
    std::size_t connection_bytes = 64 * 1024;
    /// Without a byte either way. Above Prometheus's usual interval, so that it keeps its own.
    std::chrono::seconds idle{30};
    /// From asking to having read it all. Nobody's scrape timeout is longer.
    std::chrono::seconds request{60};
    /// Pages of all targets on their way at once, over all listeners: one that is being shared, and
    /// those that slow clients hold.
    double pages = 3;
};

}  // namespace vfswatchd
