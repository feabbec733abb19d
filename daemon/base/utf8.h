// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace vfswatchd {

/// Length in bytes of the character that `text` begins with; 0: not UTF-8 (or empty).
/// Source: RFC 3629; overlong forms, surrogates and values beyond U+10FFFF are not UTF-8.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// A byte of a character behind its first one.
[[nodiscard]] constexpr bool utf8_continues(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

/// The character of which these are all bytes, as utf8_length() measured them.
[[nodiscard]] char32_t utf8_value(std::string_view character);

}  // namespace vfswatchd
