// SPDX-License-Identifier: Apache-2.0
#include "metrics/escape.h"

#include <cstddef>

namespace vfswatchd {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

bool in_range(unsigned char byte, unsigned low, unsigned high) {
    return byte >= low && byte <= high;
}

/// How many bytes a sequence takes that starts with this byte of 0x80 and above; 0: none does.
std::size_t sequence_length(unsigned char lead) {
    if (in_range(lead, 0xc2, 0xdf)) return 2;
    if (in_range(lead, 0xe0, 0xef)) return 3;
    if (in_range(lead, 0xf0, 0xf4)) return 4;
    return 0;
}

/// Where overlong forms, surrogates and what lies beyond U+10FFFF show: in the second byte.
/// Source: The Unicode Standard, table 3-7.
bool second_byte_fits(unsigned char lead, unsigned char second) {
    switch (lead) {
        case 0xe0:
            return in_range(second, 0xa0, 0xbf);
        case 0xed:
            return in_range(second, 0x80, 0x9f);
        case 0xf0:
            return in_range(second, 0x90, 0xbf);
        case 0xf4:
            return in_range(second, 0x80, 0x8f);
        default:
            return in_range(second, 0x80, 0xbf);
    }
}

/// Bytes of the well-formed multi-byte character at the start of the text; 0: there is none.
std::size_t character_length(std::string_view text) {
    const std::size_t length = sequence_length(byte_at(text, 0));
    if (length == 0 || text.size() < length) return 0;
    if (!second_byte_fits(byte_at(text, 0), byte_at(text, 1))) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (!in_range(byte_at(text, i), 0x80, 0xbf)) return 0;
    }
    return length;
}

void append_hex(std::string& out, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xf];
}

}  // namespace

std::string label_text(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size();) {
        const unsigned char byte = byte_at(raw, i);
        const std::size_t length = byte < 0x80 ? 1 : character_length(raw.substr(i));
        if (byte == '\\') {
            out += "\\\\";
        } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
            append_hex(out, byte);
        } else {
            out += raw.substr(i, length);
        }
        i += length == 0 ? 1 : length;
    }
    return out;
}

void append_exposition_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
}

void append_label(std::string& out, std::string_view name, std::string_view raw) {
    out += name;
    out += "=\"";
    append_exposition_escaped(out, label_text(raw));
    out += '"';
}

}  // namespace vfswatchd
