// SPDX-License-Identifier: Apache-2.0
#include "live/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace vfswatchd {

Result<Signals> Signals::open() {
    sigset_t taken;
    sigemptyset(&taken);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP})
        sigaddset(&taken, number);
    UniqueFd fd(signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!fd) return fail(errno_error(errno, "signalfd"));
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &taken, &before);
    struct sigaction ignored {};
    ignored.sa_handler = SIG_IGN;
    struct sigaction pipe_before {};
    sigaction(SIGPIPE, &ignored, &pipe_before);
    return Signals(std::move(fd), before, pipe_before);
}

Signals::Signals(UniqueFd fd, const sigset_t& before, const struct sigaction& pipe_before)
    : fd_(std::move(fd)), before_(before), pipe_before_(pipe_before) {}

Signals::Signals(Signals&& other) noexcept
    : fd_(std::move(other.fd_)), before_(other.before_), pipe_before_(other.pipe_before_) {}

Signals::~Signals() {
    if (!fd_) return;
    // A second Ctrl-C must not end the process with its status while it ends well.
    collect();
    sigaction(SIGPIPE, &pipe_before_, nullptr);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::collect() {
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
        if (info.ssi_signo == SIGWINCH)
            resize_ = true;
        else if (info.ssi_signo == SIGTSTP)
            suspend_ = true;
        else
            end_ = true;
    }
}

bool Signals::take_resize() {
    return std::exchange(resize_, false);
}

bool Signals::take_suspend() {
    return std::exchange(suspend_, false);
}

}  // namespace vfswatchd
