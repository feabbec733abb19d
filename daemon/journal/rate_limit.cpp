// SPDX-License-Identifier: Apache-2.0
#include "journal/rate_limit.h"

namespace vfswatchd {

bool RateLimit::has_room(std::chrono::nanoseconds now) const {
    if (allowed_.size() < rate_.count) return true;
    return rate_.count != 0 && now - allowed_.front() >= rate_.per;
}

void RateLimit::note(std::chrono::nanoseconds now) {
    // Who is let through takes the place of whoever was so `count` times ago, at least `per` after
    // that one. So no stretch as long as `per` has two of one place, in whatever order they came.
    if (allowed_.size() == rate_.count) allowed_.pop_front();
    allowed_.push_back(now);
}

}  // namespace vfswatchd
