// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vfswatchd {

/// Which characters a terminal shows.
enum class Charset {
    kAscii,  ///< others are escaped
    kUtf8,   ///< those that wcwidth(3) knows; the process's LC_CTYPE is one of UTF-8
};

/// Text that a terminal shows as it is written: what would fool it (base/terminal_text.h), and what
/// it cannot show, appears as `\xNN`.
[[nodiscard]] std::string shown_text(std::string_view raw, Charset charset);

/// Columns that shown_text()'s result takes.
[[nodiscard]] std::size_t text_columns(std::string_view shown);

/// Shortens a text to so many columns at most, by an ellipsis at its end.
[[nodiscard]] std::string cut_end(std::string_view shown, std::size_t columns, Charset charset);

/// Shortens a path to so many columns at most, by an ellipsis in its middle: its end has at least
/// half of them, more where the file's name is longer, and its beginning a quarter.
[[nodiscard]] std::string cut_middle(std::string_view path, std::size_t columns, Charset charset);

/// With spaces up to so many columns, on the right or the left.
[[nodiscard]] std::string pad_end(std::string text, std::size_t columns);
[[nodiscard]] std::string pad_begin(const std::string& text, std::size_t columns);

}  // namespace vfswatchd
