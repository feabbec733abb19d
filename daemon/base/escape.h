// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vfswatchd {

/// Appends two lower-case hex digits.
void append_hex(std::string& out, unsigned char byte);

/// Appends the character that `raw` begins with; `\xNN` instead where that is a control character
/// (0x00 to 0x1f, 0x7f) or no UTF-8. `raw` is not empty.
/// Returns how many bytes of it were taken.
std::size_t append_escaped(std::string& out, std::string_view raw);

/// Raw bytes as text: bytes that are not valid UTF-8 and control characters (0x00 to 0x1f, 0x7f)
/// become `\xNN`, a backslash becomes two. The result is valid UTF-8, and two different inputs
/// never give the same one.
[[nodiscard]] std::string escaped_text(std::string_view raw);

}  // namespace vfswatchd
