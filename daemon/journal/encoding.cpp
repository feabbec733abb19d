// SPDX-License-Identifier: Apache-2.0
#include "journal/encoding.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/escape.h"
#include "base/terminal_text.h"

namespace vfswatchd {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A byte and the letter behind the backslash that stands for it.
constexpr std::array<std::pair<char, char>, 5> kShortEscapes = {{
    {'\n', 'n'},
    {'\t', 't'},
    {'\r', 'r'},
    {'\\', '\\'},
    {'"', '"'},
}};

std::optional<char> letter_of(char byte) {
    for (const auto& [escaped, letter] : kShortEscapes)
        if (escaped == byte) return letter;
    return std::nullopt;
}

std::optional<char> byte_of(char escape_letter) {
    for (const auto& [escaped, letter] : kShortEscapes)
        if (letter == escape_letter) return escaped;
    return std::nullopt;
}

std::string encode_text(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        if (const auto letter = letter_of(bytes[0])) {
            text += '\\';
            text += *letter;
            bytes.remove_prefix(1);
        } else {
            bytes.remove_prefix(append_terminal_text(text, bytes));
        }
    }
    return text;
}

std::string encode_hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes)
        append_hex(text, static_cast<unsigned char>(byte));
    return text;
}

std::string encode_base64(std::string_view bytes) {
    std::string text;
    for (; !bytes.empty(); bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3)) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8U | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            text += i <= bytes.size() ? kBase64Digits[bits >> (18U - 6U * i) & 0x3fU] : '=';
    }
    return text;
}

/// Takes two digits from the text.
std::optional<char> take_hex(std::string_view& text) {
    if (text.size() < 2) return std::nullopt;
    const std::size_t high = kHexDigits.find(text[0]);
    const std::size_t low = kHexDigits.find(text[1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    text.remove_prefix(2);
    return static_cast<char>(high << 4U | low);
}

/// Takes what stands behind a backslash from the text.
std::optional<char> take_escape(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const char letter = text[0];
    text.remove_prefix(1);
    return letter == 'x' ? take_hex(text) : byte_of(letter);
}

std::optional<std::string> decode_text(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        const char first = text[0];
        text.remove_prefix(1);
        const std::optional<char> byte = first == '\\' ? take_escape(text) : first;
        if (!byte) return std::nullopt;
        bytes += *byte;
    }
    return bytes;
}

std::optional<std::string> decode_hex(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        const std::optional<char> byte = take_hex(text);
        if (!byte) return std::nullopt;
        bytes += *byte;
    }
    return bytes;
}

std::optional<std::string> decode_base64(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;  // bits that are not yet a byte
    for (const char digit : text.substr(0, text.find('='))) {
        const std::size_t value = kBase64Digits.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xffU);
    }
    return bytes;
}

std::optional<std::string> decode_loosely(SnippetEncoding encoding, std::string_view text) {
    switch (encoding) {
        case SnippetEncoding::kText:
            return decode_text(text);
        case SnippetEncoding::kHex:
            return decode_hex(text);
        case SnippetEncoding::kBase64:
            return decode_base64(text);
    }
    return std::nullopt;
}

}  // namespace

std::string encode(SnippetEncoding encoding, std::string_view bytes) {
    switch (encoding) {
        case SnippetEncoding::kText:
            return encode_text(bytes);
        case SnippetEncoding::kHex:
            return encode_hex(bytes);
        case SnippetEncoding::kBase64:
            return encode_base64(bytes);
    }
    return "";
}

std::optional<std::string> decode(SnippetEncoding encoding, std::string_view text) {
    auto bytes = decode_loosely(encoding, text);
    // Whatever was forgiven so far (padding, escapes without need, bytes that need one) shows here.
    if (!bytes || encode(encoding, *bytes) != text) return std::nullopt;
    return bytes;
}

}  // namespace vfswatchd
