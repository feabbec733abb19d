// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace vfswatchd {

/// A response body that is made while it is sent, so that its size never stands in memory.
/// Thread: read() and the destructor run on the listener's thread; one at a time.
struct BodySource {
    BodySource() = default;
    BodySource(const BodySource&) = delete;
    BodySource& operator=(const BodySource&) = delete;
    virtual ~BodySource() = default;

    /// Writes the next bytes to the buffer, at most `capacity` (> 0), and returns how many; 0 is
    /// the end. A throw aborts the response so that the client sees it as broken, not as short.
    virtual std::size_t read(char* buffer, std::size_t capacity) = 0;
};

}  // namespace vfswatchd
