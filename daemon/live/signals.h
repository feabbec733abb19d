// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vfswatchd {

/// Signals as something to read, while it lives: those that end, SIGWINCH and SIGTSTP. A pipe that
/// nobody reads any more is an error of write(2) meanwhile.
/// Thread: one; those started later inherit that they take none of these.
class Signals {
  public:
    static Result<Signals> open();
    Signals(Signals&& other) noexcept;
    Signals& operator=(Signals&&) = delete;
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals();

    [[nodiscard]] int descriptor() const { return fd_.get(); }
    /// Takes those that have come; does not wait.
    void collect();
    /// SIGINT, SIGTERM or SIGHUP has come.
    [[nodiscard]] bool end() const { return end_; }
    /// Has the window another size since this was asked last?
    [[nodiscard]] bool take_resize();
    /// Did somebody press Ctrl-Z?
    [[nodiscard]] bool take_suspend();

  private:
    Signals(UniqueFd fd, const sigset_t& before, const struct sigaction& pipe_before);

    UniqueFd fd_;
    sigset_t before_;
    struct sigaction pipe_before_;
    bool end_ = false;
    bool resize_ = false;
    bool suspend_ = false;
};

}  // namespace vfswatchd
