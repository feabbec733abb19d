// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include "base/escape.h"
#include "base/terminal_text.h"
#include "base/utf8.h"

namespace vfswatchd {
namespace {

constexpr char32_t kReplacement = 0xfffd;

/// What terminal_text() escapes is below U+10000.
void append_json_escape(std::string& out, char32_t c) {
    out += "\\u";
    append_hex(out, static_cast<unsigned char>(c >> 8U));
    append_hex(out, static_cast<unsigned char>(c));
}

}  // namespace

std::string json_text(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view character = text.substr(0, length == 0 ? 1 : length);
        if (length == 0) {
            append_json_escape(out, kReplacement);
        } else if (terminal_text(character) != character) {
            append_json_escape(out, utf8_value(character));
        } else {
            if (character == "\"" || character == "\\") out += '\\';
            out += character;
        }
        text.remove_prefix(character.size());
    }
    return out + "\"";
}

}  // namespace vfswatchd
