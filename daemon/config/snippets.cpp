// SPDX-License-Identifier: Apache-2.0
#include "config/snippets.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/keys.h"
#include "config/text.h"
#include "config/values.h"

namespace vfswatchd {
namespace {

constexpr std::string_view kNone = "; leave `snippets` away where nothing is to be copied";

constexpr std::array<std::pair<std::string_view, std::chrono::seconds>, 3> kRateUnits = {
    {{"s", std::chrono::seconds(1)}, {"m", std::chrono::minutes(1)}, {"h", std::chrono::hours(1)}}};

bool is_zero(std::string_view text) {
    return !text.empty() && text.find_first_not_of('0') == std::string_view::npos;
}

/// What people write instead, with its remedy.
std::string sample_remedy(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (is_zero(text.substr(0, slash)) || is_zero(text.substr(slash + 1)))
        return std::string(kNone);
    if (text.find_first_of(".%") != std::string_view::npos) return "; one percent is 1/100";
    return slash == std::string_view::npos ? "; write 1/ in front of the number" : "";
}

std::string rate_remedy(std::string_view number, std::string_view unit, bool unit_is_known) {
    if (is_zero(number)) return std::string(kNone);
    if (unit.empty()) return "; say in which time";
    return unit_is_known ? "" : "; the units are s, m and h";
}

}  // namespace

Checked<std::uint32_t> parse_sample(std::string_view text, std::int64_t min, std::int64_t max) {
    constexpr std::string_view kOneIn = "1/";
    if (text.starts_with(kOneIn)) {
        const auto number = parse_count(text.substr(kOneIn.size()), min, max);
        if (number) return static_cast<std::uint32_t>(*number);
    }
    return wrong(text, "one read in N, written 1/N with N from " + std::to_string(min) + " to " +
                           std::to_string(max) + sample_remedy(text));
}

Checked<SnippetRate> parse_rate(std::string_view text, std::int64_t min, std::int64_t max) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string_view unit = text.substr(std::min(slash + 1, text.size()));
    const auto number = parse_count(text.substr(0, slash), min, max);
    const auto* known = std::find_if(kRateUnits.begin(), kRateUnits.end(),
                                     [&](const auto& entry) { return entry.first == unit; });
    const bool unit_is_known = known != kRateUnits.end();
    if (number && unit_is_known)
        return SnippetRate{static_cast<std::uint32_t>(*number), known->second};
    return wrong(text, "a rate written N/s, N/m or N/h with N from " + std::to_string(min) +
                           " to " + std::to_string(max) +
                           rate_remedy(text.substr(0, slash), unit, unit_is_known));
}

Checked<void> check_expression(std::string_view text) {
    if (text.size() <= kMaxExpressionBytes) return {};
    return wrong("found an expression of " + std::to_string(text.size()) +
                 " bytes, expected at most " + std::to_string(kMaxExpressionBytes) +
                 "; write several");
}

Checked<void> add_expression(const std::string& text, Redaction& redaction) {
    const auto added = redaction.add(text);
    if (added) return {};
    return wrong(text, "a regular expression that RE2 takes, with a group around what is secret: " +
                           shortened(added.error().message()));
}

bool names_any_file(std::string_view pattern) {
    return pattern.find_first_not_of("/*?") == std::string_view::npos;
}

}  // namespace vfswatchd
