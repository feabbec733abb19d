// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace vfswatchd {
namespace {

constexpr std::size_t kMaxLength = 4;

// By the length of the character; there is none of length 0.
constexpr std::array<unsigned, kMaxLength + 1> kLeadMask = {0, 0x7f, 0x1f, 0x0f, 0x07};
constexpr std::array<char32_t, kMaxLength + 1> kSmallest = {0, 0, 0x80, 0x800, 0x10000};

std::size_t length_by_lead(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    if (lead >= 0xf0 && lead < 0xf5) return 4;
    return 0;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const std::size_t length = length_by_lead(static_cast<unsigned char>(text[0]));
    if (length == 0 || text.size() < length) return 0;
    const std::string_view bytes = text.substr(0, length);
    if (!std::all_of(bytes.begin() + 1, bytes.end(), utf8_continues)) return 0;
    const char32_t value = utf8_value(bytes);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < kSmallest[length] || value > 0x10ffff || surrogate ? 0 : length;
}

char32_t utf8_value(std::string_view character) {
    assert(!character.empty() && character.size() <= kMaxLength);
    char32_t value = static_cast<unsigned char>(character[0]) & kLeadMask[character.size()];
    for (const char byte : character.substr(1))
        value = (value << 6U) | (static_cast<unsigned char>(byte) & 0x3fU);
    return value;
}

}  // namespace vfswatchd
