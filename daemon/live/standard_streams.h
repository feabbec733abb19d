// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "live/signals.h"

namespace vfswatchd {

/// Writes to stdout, and gives up when a signal asks for the end: a terminal that is stopped
/// (Ctrl-S) or whose connection hangs takes nothing for as long as it likes.
/// Returns false: nobody reads it any more, or the end is asked for.
/// Errors: cannot write.
[[nodiscard]] Result<bool> write_out(std::string_view text, Signals& signals);

/// Does anybody still read stdout?
[[nodiscard]] bool is_read();

/// Is there something to read on stdin, if only its end?
[[nodiscard]] bool has_input();

}  // namespace vfswatchd
