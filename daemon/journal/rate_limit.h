// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>

#include "model/snippet.h"

namespace vfswatchd {

/// Lets at most `count` through in any stretch of time as long as `per`, of which the first moment
/// belongs to the stretch and the last to the next. Remembers the last `count` that it let through,
/// so it takes up to 8 bytes for each.
/// Thread: one at a time.
class RateLimit {
  public:
    explicit RateLimit(SnippetRate rate) : rate_(rate) {}

    /// Would it let one through? Times may come out of order, as those of several CPUs do: then it
    /// may let fewer through than it could, but never more.
    [[nodiscard]] bool has_room(std::chrono::nanoseconds now) const;

    /// One goes through, for which there is room.
    void note(std::chrono::nanoseconds now);

  private:
    SnippetRate rate_;
    std::deque<std::chrono::nanoseconds> allowed_;  // in the order in which they came
};

}  // namespace vfswatchd
