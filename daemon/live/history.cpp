// SPDX-License-Identifier: Apache-2.0
#include "live/history.h"

#include <utility>

namespace vfswatchd {
namespace {

/// Different labels give different texts: neither names nor values may hold the byte 0xff, which no
/// UTF-8 has.
std::string key_of(const Labels& labels) {
    std::string key;
    for (const Label& label : labels)
        key += label.name + "\xff" + label.value + "\xff";
    return key;
}

std::uint64_t growth_of(std::uint64_t before, std::uint64_t now, bool known, NewSeries began) {
    if (known && now >= before) return now - before;
    return began == NewSeries::kAtZero ? now : 0;
}

}  // namespace

void History::begin_page() {
    ++page_;
}

Result<void> History::add(std::string_view labels, std::uint64_t ReadCounts::*field,
                          std::uint64_t value) {
    const auto found = find(labels);
    if (!found) return fail(found.error());
    Series& series = **found;
    if (series.page != page_) {
        series.before = std::exchange(series.now, ReadCounts{});
        series.page_before = std::exchange(series.page, page_);
    }
    series.now.*field += value;
    return {};
}

Result<History::Series*> History::find(std::string_view labels) {
    const auto known = spellings_.find(labels);
    if (known == spellings_.end()) return meet(labels);
    known->second.page = page_;
    return known->second.series;
}

Result<History::Series*> History::meet(std::string_view labels) {
    auto parsed = parse_labels(labels);
    if (!parsed) return fail(parsed.error());
    const auto [entry, is_new] = series_.try_emplace(key_of(*parsed));
    if (is_new) {
        if (series_.size() > most_series_)
            return fail(plain_error("more than " + std::to_string(most_series_) + " series"));
        entry->second.labels = std::make_shared<const Labels>(std::move(*parsed));
    }
    spellings_.emplace(labels, Spelling{&entry->second, page_});
    return &entry->second;
}

std::vector<Growth> History::keep_page(NewSeries began) {
    std::vector<Growth> grown;
    for (const auto& entry : series_) {
        const Series& series = entry.second;
        if (series.page != page_) continue;
        const bool known = series.page_before == last_whole_;
        const auto of = [&](std::uint64_t ReadCounts::*field) {
            return growth_of(series.before.*field, series.now.*field, known, began);
        };
        const ReadCounts counts = {of(&ReadCounts::bytes), of(&ReadCounts::calls),
                                   of(&ReadCounts::errors), of(&ReadCounts::eofs)};
        if (counts != ReadCounts{}) grown.push_back({series.labels, counts});
    }
    last_whole_ = page_;
    forget_missing();
    return grown;
}

void History::drop_page() {
    for (auto& [key, series] : series_) {
        if (series.page != page_) continue;
        series.now = series.before;
        series.page = series.page_before;
    }
    // What only the broken page had is of page 0, and goes; so do its spellings.
    page_ = last_whole_;
    forget_missing();
}

void History::forget_missing() {
    std::erase_if(spellings_, [&](const auto& entry) {
        return entry.second.series->page != page_ || entry.second.page < page_;
    });
    std::erase_if(series_, [&](const auto& entry) { return entry.second.page != page_; });
}

}  // namespace vfswatchd
