// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vfswatchd {

/// One line of the exposition format's text, in pieces that are not looked into yet.
struct Sample {
    std::string_view name;
    std::string_view labels;  ///< between the braces; empty: there are none
    std::string_view value;   ///< behind it may come a time, which is left out
};

struct Label {
    std::string name;
    std::string value;

    friend bool operator==(const Label&, const Label&) = default;
};

/// Sorted by name; no name is there twice.
using Labels = std::vector<Label>;

/// The metric's name that a line begins with; empty: none.
[[nodiscard]] std::string_view sample_name(std::string_view line);

/// A line that is neither empty nor a comment.
/// Errors: what is wrong with it.
/// Source: Prometheus's "Exposition formats", text format 0.0.4.
[[nodiscard]] Result<Sample> split_sample(std::string_view line);

/// Errors: not `name="value",...` with the format's escapes, a name twice, a value that is no
/// UTF-8.
[[nodiscard]] Result<Labels> parse_labels(std::string_view text);

/// A counter's value: exact where it is written as an integer, else to the nearest one.
/// nullopt: NaN, negative or beyond 64 bits, which no counter of reads is.
/// Errors: no number.
[[nodiscard]] Result<std::optional<std::uint64_t>> parse_count(std::string_view text);

/// Empty: no such label.
[[nodiscard]] std::string_view label_value(const Labels& labels, std::string_view name);

}  // namespace vfswatchd
