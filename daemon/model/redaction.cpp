// SPDX-License-Identifier: Apache-2.0
#include "model/redaction.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace vfswatchd {
namespace {

constexpr std::string_view kHidden = "***";

/// Of a text, from the first byte to behind the last.
using Range = std::pair<std::size_t, std::size_t>;

re2::RE2::Options byte_options() {
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    return options;
}

void add_groups(const std::vector<re2::StringPiece>& groups, std::string_view text,
                std::vector<Range>& ranges) {
    for (auto group = groups.begin() + 1; group != groups.end(); ++group) {
        // Without data: the match went another way.
        if (group->data() == nullptr || group->empty()) continue;
        const auto begin = static_cast<std::size_t>(group->data() - text.data());
        ranges.emplace_back(begin, begin + group->size());
    }
}

void add_matches(const re2::RE2& expression, std::string_view text, std::vector<Range>& ranges) {
    const re2::StringPiece piece(text.data(), text.size());
    std::vector<re2::StringPiece> groups(
        static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1);
    std::size_t at = 0;
    while (at <= text.size() && expression.Match(piece, at, text.size(), re2::RE2::UNANCHORED,
                                                 groups.data(), static_cast<int>(groups.size()))) {
        add_groups(groups, text, ranges);
        const auto end =
            static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
        // An empty match would be found there for ever.
        at = groups[0].empty() ? end + 1 : end;
    }
}

std::string hide(std::string_view text, std::vector<Range> ranges) {
    std::sort(ranges.begin(), ranges.end());
    std::string shown;
    std::size_t at = 0;
    for (const auto& [begin, end] : ranges) {
        if (end <= at) continue;
        // What overlaps the one before is hidden by it.
        if (begin >= at) shown.append(text.substr(at, begin - at)).append(kHidden);
        at = end;
    }
    return shown.append(text.substr(at));
}

}  // namespace

Result<void> Redaction::add(const std::string& expression) {
    auto compiled = std::make_shared<const re2::RE2>(expression, byte_options());
    if (!compiled->ok()) return fail(plain_error(compiled->error()));
    if (compiled->NumberOfCapturingGroups() == 0)
        return fail(plain_error("it has no group: put what is secret in (...)"));
    expressions_.push_back(std::move(compiled));
    return {};
}

std::string Redaction::apply(std::string_view text) const {
    std::vector<Range> ranges;
    for (const auto& expression : expressions_)
        add_matches(*expression, text, ranges);
    return hide(text, std::move(ranges));
}

}  // namespace vfswatchd
