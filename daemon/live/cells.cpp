// SPDX-License-Identifier: Apache-2.0
#include "live/cells.h"

#include <algorithm>
#include <cassert>
#include <cwchar>
#include <utility>

#include "base/escape.h"
#include "base/terminal_text.h"
#include "base/utf8.h"

namespace vfswatchd {
namespace {

/// glibc's wchar_t is a character of Unicode. -1: not one that is shown.
int columns_of(std::string_view character) {
    if (character.size() == 1) return 1;
    return wcwidth(static_cast<wchar_t>(utf8_value(character)));
}

/// The character that the text begins with, and those that combine with it.
std::string_view first_cell(std::string_view shown) {
    std::size_t size = utf8_length(shown);
    while (size < shown.size()) {
        const std::string_view next = shown.substr(size, utf8_length(shown.substr(size)));
        if (columns_of(next) != 0) break;
        size += next.size();
    }
    return shown.substr(0, size);
}

std::size_t cell_columns(std::string_view cell) {
    const int columns = columns_of(cell.substr(0, utf8_length(cell)));
    return static_cast<std::size_t>(std::max(columns, 0));
}

std::string_view ellipsis(Charset charset) {
    return charset == Charset::kUtf8 ? "…" : "..";
}

std::size_t ellipsis_columns(Charset charset) {
    return charset == Charset::kUtf8 ? 1 : 2;
}

/// As much of the beginning as fits.
std::string_view beginning(std::string_view shown, std::size_t columns) {
    std::size_t size = 0;
    while (size < shown.size()) {
        const std::string_view cell = first_cell(shown.substr(size));
        if (cell_columns(cell) > columns) break;
        columns -= cell_columns(cell);
        size += cell.size();
    }
    return shown.substr(0, size);
}

/// As much of the end as fits.
std::string_view ending(std::string_view shown, std::size_t columns) {
    std::size_t left = text_columns(shown);
    while (left > columns) {
        const std::string_view cell = first_cell(shown);
        left -= cell_columns(cell);
        shown.remove_prefix(cell.size());
    }
    return shown;
}

}  // namespace

std::string shown_text(std::string_view raw, Charset charset) {
    const std::string safe = terminal_text(raw);
    std::string out;
    for (std::string_view rest = safe; !rest.empty();) {
        const std::string_view character = rest.substr(0, utf8_length(rest));
        rest.remove_prefix(character.size());
        if (character.size() == 1 || (charset == Charset::kUtf8 && columns_of(character) >= 0)) {
            out += character;
            continue;
        }
        for (const char byte : character) {
            out += "\\x";
            append_hex(out, static_cast<unsigned char>(byte));
        }
    }
    return out;
}

std::size_t text_columns(std::string_view shown) {
    std::size_t columns = 0;
    while (!shown.empty()) {
        const std::string_view cell = first_cell(shown);
        columns += cell_columns(cell);
        shown.remove_prefix(cell.size());
    }
    return columns;
}

std::string cut_end(std::string_view shown, std::size_t columns, Charset charset) {
    if (text_columns(shown) <= columns) return std::string(shown);
    const std::size_t dots = ellipsis_columns(charset);
    if (columns < dots) return std::string(ellipsis(charset).substr(0, columns));
    return std::string(beginning(shown, columns - dots)) + std::string(ellipsis(charset));
}

std::string cut_middle(std::string_view path, std::size_t columns, Charset charset) {
    if (text_columns(path) <= columns) return std::string(path);
    const std::size_t dots = ellipsis_columns(charset);
    if (columns < dots) return std::string(ellipsis(charset).substr(0, columns));
    const std::size_t room = columns - dots;
    const std::size_t slash = path.rfind('/');
    const std::size_t name = slash == std::string_view::npos ? 0 : text_columns(path.substr(slash));
    const std::size_t end = std::clamp(name, room - room / 2, room - room / 4);
    const std::string_view last = ending(path, end);
    // A wide character that did not fit leaves a column to the beginning.
    const std::string_view first = beginning(path, room - text_columns(last));
    return std::string(first) + std::string(ellipsis(charset)) + std::string(last);
}

std::string pad_end(std::string text, std::size_t columns) {
    const std::size_t has = text_columns(text);
    if (has < columns) text.append(columns - has, ' ');
    return text;
}

std::string pad_begin(const std::string& text, std::size_t columns) {
    const std::size_t has = text_columns(text);
    return std::string(columns - std::min(has, columns), ' ') + text;
}

}  // namespace vfswatchd
