// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/checked.h"
#include "model/snippet.h"

namespace vfswatchd {

/// `1/N`: one read in N. Returns N, which is in min..max.
[[nodiscard]] Checked<std::uint32_t> parse_sample(std::string_view text, std::int64_t min,
                                                  std::int64_t max);

/// `N/s`, `N/m` or `N/h`, N in min..max.
[[nodiscard]] Checked<SnippetRate> parse_rate(std::string_view text, std::int64_t min,
                                              std::int64_t max);

/// An expression's length; whether it compiles is add_expression()'s to say.
[[nodiscard]] Checked<void> check_expression(std::string_view text);

/// Adds an expression to what is not shown.
[[nodiscard]] Checked<void> add_expression(const std::string& text, Redaction& redaction);

/// Whether a pattern is made of wildcards and slashes alone, so that it says nothing of a file.
[[nodiscard]] bool names_any_file(std::string_view pattern);

}  // namespace vfswatchd
