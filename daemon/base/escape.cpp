// SPDX-License-Identifier: Apache-2.0
#include "base/escape.h"

#include "base/utf8.h"

namespace vfswatchd {

void append_hex(std::string& out, unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0x0fU];
}

std::size_t append_escaped(std::string& out, std::string_view raw) {
    const std::size_t length = utf8_length(raw);
    const auto first = static_cast<unsigned char>(raw[0]);
    if (length == 0 || first < 0x20 || first == 0x7f) {
        out += "\\x";
        append_hex(out, first);
        return 1;
    }
    out += raw.substr(0, length);
    return length;
}

std::string escaped_text(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    while (!raw.empty()) {
        if (raw[0] == '\\') out += '\\';
        raw.remove_prefix(append_escaped(out, raw));
    }
    return out;
}

}  // namespace vfswatchd
