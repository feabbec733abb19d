// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace vfswatchd {

/// Foreign text for a message: control characters and bytes that are not UTF-8 as `\xNN`.
[[nodiscard]] std::string harmless(std::string_view text);

/// Foreign text for a message: harmless, cut when long.
[[nodiscard]] std::string shortened(std::string_view text);

/// Foreign text for a message: shortened, in backquotes.
[[nodiscard]] std::string with_quotes(std::string_view text);

/// `a, b, c`
[[nodiscard]] std::string listed(std::span<const std::string_view> words);

/// The word that `text` was probably meant to be; empty: none is close.
[[nodiscard]] std::string_view nearest(std::string_view text,
                                       std::span<const std::string_view> words);

}  // namespace vfswatchd
