// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-event.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "base/result.h"

namespace vfswatchd {

/// The one event loop: signals, the kernel's rings, systemd's watchdog.
/// Thread: one, but for alive().
class Loop {
  public:
    /// SIGTERM and SIGINT end the loop; `on_hangup` runs at SIGHUP. Both are blocked for every
    /// thread started afterwards.
    [[nodiscard]] static Result<std::unique_ptr<Loop>> create(std::function<void()> on_hangup);

    /// Runs `on_readable` each time `fd` becomes readable.
    [[nodiscard]] Result<void> watch(int fd, std::function<void()> on_readable);

    /// Runs `on_beat` about once a second.
    void each_second(std::function<void()> on_beat) { on_beat_function_ = std::move(on_beat); }

    /// Until SIGTERM or SIGINT.
    [[nodiscard]] Result<void> run();

    /// Did the loop turn lately?
    /// Thread: any.
    [[nodiscard]] bool alive() const;

  private:
    struct Unref {
        void operator()(sd_event* event) const { sd_event_unref(event); }
    };

    Loop() = default;
    [[nodiscard]] Result<void> set_up();
    static int on_signal(sd_event_source* source, const signalfd_siginfo* info, void* loop);
    static int on_readable(sd_event_source* source, int fd, std::uint32_t events, void* function);
    static int on_beat(sd_event_source* source, std::uint64_t usec, void* loop);

    std::unique_ptr<sd_event, Unref> event_;
    std::function<void()> on_hangup_;
    std::list<std::function<void()>> on_readable_;  ///< each stays where its source knows it
    std::function<void()> on_beat_function_;
    std::atomic<std::int64_t> beat_seconds_{0};
};

}  // namespace vfswatchd
