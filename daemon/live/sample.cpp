// SPDX-License-Identifier: Apache-2.0
#include "live/sample.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>
#include <utility>

#include "base/utf8.h"

namespace vfswatchd {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr double kTwoTo64 = 18446744073709551616.0;

bool begins_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool continues_name(char c) {
    return begins_name(c) || (c >= '0' && c <= '9');
}

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
}

bool take(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

/// Where the labels' closing brace is; npos: nowhere. Braces in values do not count.
std::size_t labels_end(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quoted && text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && text[i] == '}')
            return i;
    }
    return std::string_view::npos;
}

/// A label's name has no colon, as a metric's may.
std::string_view take_label_name(std::string_view& text) {
    if (text.empty() || !begins_name(text.front())) return {};
    const auto* const end = std::find_if_not(text.begin(), text.end(), continues_name);
    const std::string_view name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(name.size());
    return name;
}

bool append_unescaped(std::string& out, char escaped) {
    switch (escaped) {
        case 'n':
            out += '\n';
            return true;
        case '\\':
        case '"':
            out += escaped;
            return true;
        default:
            return false;
    }
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// The quoted value that the text begins with.
Result<std::string> take_label_value(std::string_view& text) {
    if (!take(text, '"')) return fail(plain_error("a label's value is not quoted"));
    std::string value;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '"') {
            if (!is_utf8(value)) return fail(plain_error("a label's value is not UTF-8"));
            return value;
        }
        if (c != '\\') {
            value += c;
            continue;
        }
        if (text.empty() || !append_unescaped(value, text.front()))
            return fail(plain_error("a label's value has an unknown escape"));
        text.remove_prefix(1);
    }
    return fail(plain_error("a label's value has no end"));
}

Result<Label> take_label(std::string_view& text) {
    const std::string_view name = take_label_name(text);
    if (name.empty()) return fail(plain_error("a label has no name"));
    skip_blanks(text);
    if (!take(text, '=')) return fail(plain_error("a label has no value"));
    skip_blanks(text);
    auto value = take_label_value(text);
    if (!value) return fail(value.error());
    return Label{std::string(name), std::move(*value)};
}

}  // namespace

std::string_view sample_name(std::string_view line) {
    const auto goes_on = [](char c) { return continues_name(c) || c == ':'; };
    if (line.empty() || !goes_on(line.front()) || (line.front() >= '0' && line.front() <= '9'))
        return {};
    const auto* const end = std::find_if_not(line.begin(), line.end(), goes_on);
    return line.substr(0, static_cast<std::size_t>(end - line.begin()));
}

Result<Sample> split_sample(std::string_view line) {
    Sample sample;
    sample.name = sample_name(line);
    if (sample.name.empty()) return fail(plain_error("no metric's name"));
    line.remove_prefix(sample.name.size());
    skip_blanks(line);
    if (take(line, '{')) {
        const std::size_t end = labels_end(line);
        if (end == std::string_view::npos) return fail(plain_error("labels without an end"));
        sample.labels = line.substr(0, end);
        line.remove_prefix(end + 1);
        skip_blanks(line);
    }
    sample.value = line.substr(0, line.find_first_of(kBlanks));
    if (sample.value.empty()) return fail(plain_error("no value"));
    return sample;
}

Result<Labels> parse_labels(std::string_view text) {
    Labels labels;
    skip_blanks(text);
    while (!text.empty()) {
        auto label = take_label(text);
        if (!label) return fail(label.error());
        labels.push_back(std::move(*label));
        skip_blanks(text);
        if (!text.empty() && !take(text, ','))
            return fail(plain_error("no comma between two labels"));
        skip_blanks(text);
    }
    const auto by_name = [](const Label& a, const Label& b) { return a.name < b.name; };
    std::sort(labels.begin(), labels.end(), by_name);
    const auto same_name = [](const Label& a, const Label& b) { return a.name == b.name; };
    if (std::adjacent_find(labels.begin(), labels.end(), same_name) != labels.end())
        return fail(plain_error("a label is there twice"));
    return labels;
}

Result<std::optional<std::uint64_t>> parse_count(std::string_view text) {
    // The format takes a sign; from_chars takes a minus only.
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    const char* end = text.data() + text.size();
    std::uint64_t whole = 0;
    const auto as_integer = std::from_chars(text.data(), end, whole);
    if (as_integer.ec == std::errc() && as_integer.ptr == end) return std::optional(whole);
    double value = 0;
    const auto as_double = std::from_chars(text.data(), end, value);
    if (as_double.ptr != end || as_double.ec == std::errc::invalid_argument)
        return fail(plain_error("a value that is no number"));
    const bool counts = as_double.ec == std::errc() && value >= 0 && value < kTwoTo64;
    if (!counts) return std::optional<std::uint64_t>();
    const double rounded = std::round(value);
    if (rounded >= kTwoTo64) return std::optional<std::uint64_t>();
    return std::optional(static_cast<std::uint64_t>(rounded));
}

std::string_view label_value(const Labels& labels, std::string_view name) {
    const auto found = std::lower_bound(
        labels.begin(), labels.end(), name,
        [](const Label& label, std::string_view wanted) { return label.name < wanted; });
    return found != labels.end() && found->name == name ? std::string_view(found->value)
                                                        : std::string_view();
}

}  // namespace vfswatchd
