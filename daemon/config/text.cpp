// SPDX-License-Identifier: Apache-2.0
#include "config/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace vfswatchd {
namespace {

// A message stays on a line or two, whatever was found.
constexpr std::size_t kMaxShownBytes = 64;

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

std::uint32_t decode(std::string_view bytes) {
    static constexpr std::array<std::uint32_t, 5> kLeadMask = {0, 0x7f, 0x1f, 0x0f, 0x07};
    std::uint32_t value = static_cast<unsigned char>(bytes[0]) & kLeadMask[bytes.size()];
    for (char byte : bytes.substr(1)) {
        value = (value << 6U) | (static_cast<unsigned char>(byte) & 0x3fU);
    }
    return value;
}

std::size_t length_by_lead(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    if (lead >= 0xf0 && lead < 0xf5) return 4;
    return 0;
}

void append_hex(std::string& out, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\x";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0x0fU];
}

std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row[to.size()];
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const std::size_t length = length_by_lead(static_cast<unsigned char>(text[0]));
    if (length == 0 || text.size() < length) return 0;
    const std::string_view bytes = text.substr(0, length);
    if (!std::all_of(bytes.begin() + 1, bytes.end(), is_continuation)) return 0;
    static constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
    const std::uint32_t value = decode(bytes);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < kSmallest[length] || value > 0x10ffff || surrogate ? 0 : length;
}

std::string harmless(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text[0]);
        if (length == 0 || first < 0x20 || first == 0x7f) {
            append_hex(out, first);
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

std::string shortened(std::string_view text) {
    std::size_t end = std::min(text.size(), kMaxShownBytes);
    while (end > 0 && end < text.size() && is_continuation(text[end]))
        --end;
    return harmless(text.substr(0, end)) + (end < text.size() ? "..." : "");
}

std::string quoted(std::string_view text) {
    return "`" + shortened(text) + "`";
}

std::string listed(std::span<const std::string_view> words) {
    std::string out;
    for (std::string_view word : words) {
        if (!out.empty()) out += ", ";
        out += word;
    }
    return out;
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> words) {
    // Two slips at most, and less than half of the word: a guess should look like one.
    constexpr std::size_t kMaxSlips = 2;
    std::string_view best;
    std::size_t best_slips = kMaxSlips + 1;
    for (std::string_view word : words) {
        if (text.size() > word.size() + kMaxSlips) continue;
        const std::size_t slips = edit_distance(text, word);
        if (slips < best_slips && slips * 2 < word.size()) {
            best = word;
            best_slips = slips;
        }
    }
    return best;
}

}  // namespace vfswatchd
