// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vfswatchd {

/// Appends what append_escaped() does, but where `raw` begins with a character that could fool a
/// terminal or its reader (C1 controls, bidi and zero-width format characters, line separators)
/// `\xNN` for each of its bytes. `raw` is not empty.
/// Returns how many bytes of it were taken.
std::size_t append_terminal_text(std::string& out, std::string_view raw);

/// The whole of it so.
[[nodiscard]] std::string terminal_text(std::string_view raw);

}  // namespace vfswatchd
