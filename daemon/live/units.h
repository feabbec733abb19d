// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace vfswatchd {

/// `1.24 GiB`, three digits that count; at most kAmountColumns characters.
[[nodiscard]] std::string bytes_text(double bytes);

/// `34.1 k`, three digits that count; at most kAmountColumns characters.
[[nodiscard]] std::string count_text(double count);

/// `0.5`, `2`: at most so many digits behind the point, and no zeros at its end.
[[nodiscard]] std::string decimal_text(double value, int digits);

inline constexpr std::size_t kAmountColumns = 8;

}  // namespace vfswatchd
