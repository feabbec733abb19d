// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "live/layout.h"
#include "live/signals.h"

namespace vfswatchd {

/// Can a picture be drawn on stdout and keys be read from stdin?
[[nodiscard]] bool is_drawable();

/// Do its users want colours? Source: https://no-color.org
[[nodiscard]] bool wants_colour();

/// Columns and lines of stdout's terminal; 0: it is none.
[[nodiscard]] Canvas canvas_of_stdout();

/// Keys one by one, without echo, and the alternate screen, while it lives; then all is as before.
/// Ctrl-C and its like still raise signals.
class Terminal {
  public:
    explicit Terminal(Signals& signals);
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    /// Instead of the picture before. Returns and errors: as write_out().
    [[nodiscard]] Result<bool> draw(const std::vector<Line>& lines, bool colour);
    /// Gives the terminal back, stops the process as Ctrl-Z does, and takes it again when the
    /// process goes on.
    void suspend();

  private:
    void enter();
    void leave();

    Signals& signals_;
    termios before_{};
};

/// The picture as control sequences, for a screen of which nothing is known. No newline is behind
/// the last line: the screen would scroll.
/// Source: ECMA-48.
[[nodiscard]] std::string picture(const std::vector<Line>& lines, bool colour);

}  // namespace vfswatchd
