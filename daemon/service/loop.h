// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-event.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "base/result.h"

namespace vfswatchd {

/// The one event loop: signals, the kernel's rings, the control socket, systemd's watchdog.
/// Thread: one, but for alive().
class Loop {
  public:
    /// What the loop looks at for as long as this lives; it may end in its own function. The loop
    /// outlives it, and so does its descriptor.
    class Source {
      public:
        /// EPOLLIN, EPOLLOUT; 0: nothing is looked at until another call.
        [[nodiscard]] Result<void> want(std::uint32_t events);

      private:
        friend class Loop;
        struct Unref {
            void operator()(sd_event_source* source) const {
                sd_event_source_disable_unref(source);
            }
        };

        explicit Source(std::function<void()> function) : function_(std::move(function)) {}

        std::function<void()> function_;
        std::unique_ptr<sd_event_source, Unref> source_;
    };

    /// SIGTERM and SIGINT end the loop; `on_hangup` runs at SIGHUP. Both are blocked for every
    /// thread started afterwards.
    [[nodiscard]] static Result<std::unique_ptr<Loop>> create(std::function<void()> on_hangup);

    /// Runs `on_readable` each time `fd` becomes readable.
    [[nodiscard]] Result<void> watch(int fd, std::function<void()> on_readable);

    /// Runs `on_event` each time one of `events` (as Source::want() has them) is there.
    [[nodiscard]] Result<std::unique_ptr<Source>> watch_while(int fd, std::uint32_t events,
                                                              std::function<void()> on_event);

    /// Runs `on_time` once, unless the source ends before.
    [[nodiscard]] Result<std::unique_ptr<Source>> after(std::chrono::microseconds delay,
                                                        std::function<void()> on_time);

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
    static int on_event(sd_event_source* event, int fd, std::uint32_t events, void* source);
    static int on_time(sd_event_source* event, std::uint64_t usec, void* source);
    static int on_beat(sd_event_source* source, std::uint64_t usec, void* loop);

    std::unique_ptr<sd_event, Unref> event_;
    std::function<void()> on_hangup_;
    std::list<std::function<void()>> on_readable_;  ///< each stays where its source knows it
    std::function<void()> on_beat_function_;
    std::atomic<std::int64_t> beat_seconds_{0};
};

}  // namespace vfswatchd
