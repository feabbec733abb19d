// SPDX-License-Identifier: Apache-2.0
#include "http/accept_encoding.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace vfswatchd {
namespace {

constexpr int kFullWeight = 1000;  // a q-value has at most three decimals

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cuts the part before the separator off the text.
std::string_view next_part(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return trimmed(part);
}

// Not std::tolower: its answer depends on the locale.
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_token(std::string_view text, std::string_view lower_token) {
    return std::equal(text.begin(), text.end(), lower_token.begin(), lower_token.end(),
                      [](char a, char b) { return lower(a) == b; });
}

/// Weight in thousandths; malformed is 0, as if the coding were refused.
int parse_weight(std::string_view text) {
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
    int weight = (text[0] - '0') * kFullWeight;
    const std::string_view fraction = text.substr(1);
    if (fraction.empty()) return weight;
    if (fraction[0] != '.' || fraction.size() > 4) return 0;
    int unit = kFullWeight / 10;
    for (const char digit : fraction.substr(1)) {
        if (digit < '0' || digit > '9') return 0;
        weight += (digit - '0') * unit;
        unit /= 10;
    }
    return weight <= kFullWeight ? weight : 0;
}

int parameters_weight(std::string_view parameters) {
    int weight = kFullWeight;
    while (!parameters.empty()) {
        std::string_view value = next_part(parameters, ';');
        const std::string_view name = next_part(value, '=');
        if (same_token(name, "q")) weight = parse_weight(value);
    }
    return weight;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    std::optional<int> gzip;
    std::optional<int> any;
    std::optional<int> identity;
    while (!accept_encoding.empty()) {
        std::string_view element = next_part(accept_encoding, ',');
        const std::string_view coding = next_part(element, ';');
        const int weight = parameters_weight(element);
        if (same_token(coding, "gzip") || same_token(coding, "x-gzip")) {
            gzip = std::max(gzip.value_or(0), weight);
        } else if (same_token(coding, "*")) {
            any = weight;
        } else if (same_token(coding, "identity")) {
            identity = weight;
        }
    }
    const int gzip_weight = gzip.value_or(any.value_or(0));
    // Unnamed, the plain body is what a client takes when nothing better is there.
    return gzip_weight > 0 && gzip_weight >= identity.value_or(0);
}

}  // namespace vfswatchd
