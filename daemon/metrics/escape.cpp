// SPDX-License-Identifier: Apache-2.0
#include "metrics/escape.h"

#include "base/escape.h"

namespace vfswatchd {

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
    append_exposition_escaped(out, escaped_text(raw));
    out += '"';
}

}  // namespace vfswatchd
