// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vfswatchd::bench {

/// The body of a 200 answer with its transfer and content codings undone.
/// Errors: throws std::runtime_error that says what is wrong with the answer.
std::string body_of(const std::string& answer);

/// The samples of the per-file families, sorted: labels as text, the value as a number, so that
/// 8e+06 and 8000000 are one.
struct Sample {
    std::string name_and_labels;
    double value = 0;

    friend bool operator==(const Sample&, const Sample&) = default;
    friend bool operator<(const Sample& a, const Sample& b) {
        return a.name_and_labels < b.name_and_labels;
    }
};
std::vector<Sample> file_samples(const std::string& page);

/// Empty when both are the same; else the first difference.
std::string difference(const std::vector<Sample>& a, const std::vector<Sample>& b);

}  // namespace vfswatchd::bench
