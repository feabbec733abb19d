// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vfswatchd {

/// A JSON string, quotes included. What could fool a terminal (terminal_text.h) is escaped in
/// JSON's way, which loses nothing; a byte that is no UTF-8 becomes U+FFFD. Source: RFC 8259,
/// section 7.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace vfswatchd
