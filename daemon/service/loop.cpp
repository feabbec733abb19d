// SPDX-License-Identifier: Apache-2.0
#include "service/loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <chrono>
#include <csignal>
#include <utility>

namespace vfswatchd {
namespace {

constexpr std::uint64_t kBeatUsec = 1'000'000;
// As the unit's WatchdogSec: a loop that systemd would still trust is healthy.
constexpr std::int64_t kAliveSeconds = 30;

std::int64_t monotonic_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::uint64_t monotonic_usec() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                          std::chrono::steady_clock::now().time_since_epoch())
                                          .count());
}

Result<void> check(int result, const char* step) {
    if (result >= 0) return {};
    return fail(negative_errno_error(result, step));
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::create(std::function<void()> on_hangup) {
    std::unique_ptr<Loop> loop(new Loop());
    loop->on_hangup_ = std::move(on_hangup);
    if (auto done = loop->set_up(); !done) return fail(done.error().within("event loop"));
    return loop;
}

Result<void> Loop::set_up() {
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&blocked, number);
    if (const int number = pthread_sigmask(SIG_BLOCK, &blocked, nullptr); number != 0)
        return fail(errno_error(number, "block signals"));
    sd_event* event = nullptr;
    if (auto done = check(sd_event_new(&event), "create"); !done) return done;
    event_.reset(event);
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        if (auto done = check(sd_event_add_signal(event, nullptr, number, on_signal, this),
                              "watch signals");
            !done)
            return done;
    beat_seconds_ = monotonic_seconds();
    return check(
        sd_event_add_time_relative(event, nullptr, CLOCK_MONOTONIC, kBeatUsec, 0, on_beat, this),
        "start the beat");
}

Result<void> Loop::watch(int fd, std::function<void()> on_readable_function) {
    on_readable_.push_back(std::move(on_readable_function));
    return check(
        sd_event_add_io(event_.get(), nullptr, fd, EPOLLIN, on_readable, &on_readable_.back()),
        "watch a ring");
}

Result<void> Loop::Source::want(std::uint32_t events) {
    const int enabled = events == 0 ? SD_EVENT_OFF : SD_EVENT_ON;
    if (events != 0)
        if (auto done =
                check(sd_event_source_set_io_events(source_.get(), events), "change a watch");
            !done)
            return done;
    return check(sd_event_source_set_enabled(source_.get(), enabled), "change a watch");
}

Result<std::unique_ptr<Loop::Source>> Loop::watch_while(int fd, std::uint32_t events,
                                                        std::function<void()> on_event_function) {
    std::unique_ptr<Source> source(new Source(std::move(on_event_function)));
    sd_event_source* made = nullptr;
    const int result = sd_event_add_io(event_.get(), &made, fd, events, on_event, source.get());
    if (auto done = check(result, "watch a descriptor"); !done) return fail(done.error());
    source->source_.reset(made);
    return source;
}

Result<std::unique_ptr<Loop::Source>> Loop::after(std::chrono::microseconds delay,
                                                  std::function<void()> on_time_function) {
    std::unique_ptr<Source> source(new Source(std::move(on_time_function)));
    sd_event_source* made = nullptr;
    // Not sd_event_add_time_relative(): that counts from when the loop's present turn began, and a
    // function may have taken seconds of it.
    const int result = sd_event_add_time(
        event_.get(), &made, CLOCK_MONOTONIC,
        monotonic_usec() + static_cast<std::uint64_t>(delay.count()), 0, on_time, source.get());
    if (auto done = check(result, "set a timer"); !done) return fail(done.error());
    source->source_.reset(made);
    return source;
}

Result<void> Loop::run() {
    // Not earlier: the first feeding starts systemd's clock, and the loop does not turn while the
    // probes are loaded.
    if (auto done = check(sd_event_set_watchdog(event_.get(), 1), "feed systemd's watchdog"); !done)
        return done;
    return check(sd_event_loop(event_.get()), "run");
}

bool Loop::alive() const {
    return monotonic_seconds() - beat_seconds_ < kAliveSeconds;
}

int Loop::on_signal(sd_event_source* source, const signalfd_siginfo* info, void* loop) {
    if (info->ssi_signo != SIGHUP) return sd_event_exit(sd_event_source_get_event(source), 0);
    static_cast<Loop*>(loop)->on_hangup_();
    return 0;
}

int Loop::on_readable(sd_event_source*, int, std::uint32_t, void* function) {
    (*static_cast<std::function<void()>*>(function))();
    return 0;
}

// Both call a copy: the source may end meanwhile.
int Loop::on_event(sd_event_source*, int, std::uint32_t, void* source) {
    const auto function = static_cast<Source*>(source)->function_;
    function();
    return 0;
}

int Loop::on_time(sd_event_source*, std::uint64_t, void* source) {
    const auto function = static_cast<Source*>(source)->function_;
    function();
    return 0;
}

int Loop::on_beat(sd_event_source* source, std::uint64_t, void* loop) {
    auto* self = static_cast<Loop*>(loop);
    if (self->on_beat_function_) self->on_beat_function_();
    self->beat_seconds_ = monotonic_seconds();
    const int result = sd_event_source_set_time_relative(source, kBeatUsec);
    return result < 0 ? result : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

}  // namespace vfswatchd
