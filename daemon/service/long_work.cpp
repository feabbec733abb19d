// SPDX-License-Identifier: Apache-2.0
#include "service/long_work.h"

#include <systemd/sd-daemon.h>

#include <cinttypes>
#include <cstdint>

namespace vfswatchd {
namespace {

constexpr std::uint64_t kMostMicroseconds = 300'000'000;

}  // namespace

LongWork::LongWork() {
    go_on();
}

void LongWork::go_on() {
    sd_notifyf(0, "WATCHDOG=1\nWATCHDOG_USEC=%" PRIu64, kMostMicroseconds);
}

LongWork::~LongWork() {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) > 0)
        sd_notifyf(0, "WATCHDOG=1\nWATCHDOG_USEC=%" PRIu64, microseconds);
}

}  // namespace vfswatchd
