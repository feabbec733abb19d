// SPDX-License-Identifier: Apache-2.0
#include "config/text.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/escape.h"

namespace vfswatchd {
namespace {

// A message stays on a line or two, whatever was found.
constexpr std::size_t kMaxShownBytes = 64;

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

std::string harmless(std::string_view text) {
    std::string out;
    while (!text.empty())
        text.remove_prefix(append_escaped(out, text));
    return out;
}

std::string shortened(std::string_view text) {
    std::size_t end = std::min(text.size(), kMaxShownBytes);
    while (end > 0 && end < text.size() && utf8_continues(text[end]))
        --end;
    return harmless(text.substr(0, end)) + (end < text.size() ? "..." : "");
}

std::string with_quotes(std::string_view text) {
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
