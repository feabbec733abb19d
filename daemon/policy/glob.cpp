// SPDX-License-Identifier: Apache-2.0
#include "policy/glob.h"

#include <algorithm>
#include <cstddef>

namespace vfswatchd {
namespace {

constexpr GlobStep kSlash{GlobKind::kByte, '/'};
constexpr GlobStep kDepth{GlobKind::kAnyDepth, 0};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

struct Literal {
    std::uint8_t byte = 0;
    std::size_t length = 1;  ///< bytes of pattern text
};

Literal read_literal(std::string_view text) {
    const auto itself = static_cast<std::uint8_t>(text[0]);
    if (text[0] != '\\' || text.size() < 2) return {itself, 1};
    if (text[1] == '\\' || text[1] == '*' || text[1] == '?') {
        return {static_cast<std::uint8_t>(text[1]), 2};
    }
    if (text[1] != 'x' || text.size() < 4) return {itself, 1};
    const int high = hex_digit(text[2]);
    const int low = hex_digit(text[3]);
    if (high < 0 || low < 0) return {itself, 1};
    return {static_cast<std::uint8_t>(high * 16 + low), 4};
}

/// An escaped slash is one too.
bool starts_with_slash(std::string_view text) {
    return !text.empty() && read_literal(text).byte == '/';
}

std::size_t count_stars(std::string_view text) {
    return std::min(text.find_first_not_of('*'), text.size());
}

/// There is a step before any star: the first slash, or the depth of a relative pattern.
bool component_starts(const std::vector<GlobStep>& steps) {
    return steps.back() == kSlash || steps.back() == kDepth;
}

/// Appends what the stars at the start of `text` mean; returns the bytes of text it took.
std::size_t read_stars(std::string_view text, std::vector<GlobStep>& steps) {
    const std::size_t stars = count_stars(text);
    if (stars == 1) {
        steps.push_back({GlobKind::kSegmentRun, 0});
        return 1;
    }
    const std::string_view rest = text.substr(stars);
    if (component_starts(steps) && starts_with_slash(rest)) {
        // Twice any depth is any depth.
        if (steps.back() != kDepth) steps.push_back(kDepth);
        return stars + read_literal(rest).length;
    }
    steps.push_back({GlobKind::kRun, 0});
    return stars;
}

}  // namespace

std::vector<GlobStep> parse_glob(std::string_view text) {
    std::vector<GlobStep> steps;
    bool wildcards = false;
    if (text.empty()) return steps;
    if (!starts_with_slash(text)) steps.push_back(kDepth);
    while (!text.empty()) {
        if (text[0] == '*') {
            wildcards = true;
            text.remove_prefix(read_stars(text, steps));
        } else if (text[0] == '?') {
            wildcards = true;
            steps.push_back({GlobKind::kCharacter, 0});
            text.remove_prefix(1);
        } else {
            const Literal literal = read_literal(text);
            steps.push_back({GlobKind::kByte, literal.byte});
            text.remove_prefix(literal.length);
        }
    }
    if (!wildcards) {
        const GlobKind tail = steps.back() == kSlash ? GlobKind::kRun : GlobKind::kBelow;
        steps.push_back({tail, 0});
    }
    return steps;
}

std::string unit_directory(std::string_view text) {
    const bool escaped = text.starts_with('_') || text.starts_with('.');
    return (escaped ? "_" : "") + std::string(text);
}

std::vector<GlobStep> parse_unit(std::string_view text) {
    std::vector<GlobStep> steps{kSlash, {GlobKind::kSlices, 0}};
    for (const char c : unit_directory(text)) {
        if (c == '*')
            steps.push_back({GlobKind::kSegmentRun, 0});
        else if (c == '?')
            steps.push_back({GlobKind::kCharacter, 0});
        else
            steps.push_back({GlobKind::kByte, static_cast<std::uint8_t>(c)});
    }
    steps.push_back({GlobKind::kBelow, 0});
    return steps;
}

}  // namespace vfswatchd
