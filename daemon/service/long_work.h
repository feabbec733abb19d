// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace vfswatchd {

/// While it is there the loop may stand still: systemd's watchdog waits longer. The kernel takes
/// its time to verify programs, on a busy machine much of it.
class LongWork {
  public:
    LongWork();
    LongWork(const LongWork&) = delete;
    LongWork& operator=(const LongWork&) = delete;
    ~LongWork();

    /// It goes on.
    static void go_on();
};

}  // namespace vfswatchd
