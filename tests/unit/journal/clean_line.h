// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/utf8.h"

namespace vfswatchd {

/// Valid UTF-8 without a control character.
inline bool is_clean_line(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text[0]);
        if (length == 0 || first < 0x20 || first == 0x7f) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace vfswatchd
