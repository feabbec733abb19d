// SPDX-License-Identifier: Apache-2.0
#include "manual/roff.h"

#include <cstddef>

namespace vfswatchd {
namespace {

constexpr std::size_t kLineWidth = 80;

/// Behind such a word a line ends: formatters put more room behind a sentence.
bool ends_sentence(std::string_view word) {
    return word.size() > 1 && word.back() == '.';
}

}  // namespace

std::string roff(std::string_view text) {
    std::string escaped;
    // Would be a request there.
    if (!text.empty() && (text.front() == '.' || text.front() == '\'')) escaped = "\\&";
    for (const char c : text) {
        if (c == '\\')
            escaped += "\\e";
        else if (c == '-')
            escaped += "\\-";
        else if (c == '\'')
            escaped += "\\(aq";
        else if (c == '~')
            escaped += "\\(ti";
        else if (c == '^')
            escaped += "\\(ha";
        else if (c == '`')
            escaped += "\\(ga";
        else
            escaped += c;
    }
    return escaped;
}

std::string bold(std::string_view text) {
    return "\\fB" + roff(text) + "\\fR";
}

std::string italic(std::string_view text) {
    return "\\fI" + roff(text) + "\\fR";
}

std::string roff_prose(std::string_view text) {
    std::string lines;
    std::string line;
    const auto end_line = [&] {
        if (!line.empty()) lines += line + "\n";
        line.clear();
    };
    while (!text.empty()) {
        const std::size_t end = text.find_first_of(" \n");
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (word.empty()) continue;
        const std::string escaped = roff(word);
        if (!line.empty() && line.size() + 1 + escaped.size() > kLineWidth) end_line();
        line += (line.empty() ? "" : " ") + escaped;
        if (ends_sentence(word)) end_line();
    }
    end_line();
    return lines;
}

std::string tagged(std::string_view tag, std::string_view text) {
    return ".TP\n" + std::string(tag) + "\n" + roff_prose(text);
}

}  // namespace vfswatchd
