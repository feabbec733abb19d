// SPDX-License-Identifier: Apache-2.0
#include "journal/rate_limit.h"

namespace vfswatchd {

bool RateLimit::allow(std::chrono::nanoseconds now) {
    if (rate_.count == 0) return false;
    // Who is let through takes the place of whoever was so `count` times ago, at least `per` after
    // that one. So no stretch as long as `per` has two of one place, in whatever order they came.
    if (allowed_.size() == rate_.count) {
        if (now - allowed_.front() < rate_.per) return false;
        allowed_.pop_front();
    }
    allowed_.push_back(now);
    return true;
}

}  // namespace vfswatchd
