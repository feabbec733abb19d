// SPDX-License-Identifier: Apache-2.0
#include "base/terminal_text.h"

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "base/utf8.h"

namespace vfswatchd {
namespace {

struct CharacterRange {
    char32_t first;
    char32_t last;
};

/// They show nothing of themselves, but change how others show.
/// Source: Unicode's property Bidi_Control, and what has no width or ends a line in its block of
/// general punctuation; C1 controls begin sequences as ESC does (ECMA-48).
constexpr std::array<CharacterRange, 6> kDeceptive = {{
    {0x0080, 0x009f},
    {0x061c, 0x061c},
    {0x200b, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0xfeff, 0xfeff},
}};

bool is_deceptive(std::string_view character) {
    const char32_t value = utf8_value(character);
    return std::any_of(kDeceptive.begin(), kDeceptive.end(), [value](const CharacterRange& range) {
        return value >= range.first && value <= range.last;
    });
}

}  // namespace

std::size_t append_terminal_text(std::string& out, std::string_view raw) {
    const std::size_t length = utf8_length(raw);
    if (length < 2 || !is_deceptive(raw.substr(0, length))) return append_escaped(out, raw);
    for (const char byte : raw.substr(0, length)) {
        out += "\\x";
        append_hex(out, static_cast<unsigned char>(byte));
    }
    return length;
}

std::string terminal_text(std::string_view raw) {
    std::string out;
    while (!raw.empty())
        raw.remove_prefix(append_terminal_text(out, raw));
    return out;
}

}  // namespace vfswatchd
