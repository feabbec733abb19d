// SPDX-License-Identifier: Apache-2.0
#include "metrics/exposition.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "metrics/text_format.h"

namespace vfswatchd {
namespace {

struct FileFamily {
    const Metric& metric;
    std::uint64_t ReadCounts::*field;
    bool shows_zero;
};

constexpr FileFamily kFamilies[] = {
    {metric("vfswatch_file_read_bytes_total"), &ReadCounts::bytes, true},
    {metric("vfswatch_file_read_calls_total"), &ReadCounts::calls, true},
    {metric("vfswatch_file_read_errors_total"), &ReadCounts::errors, false},
    {metric("vfswatch_file_read_eofs_total"), &ReadCounts::eofs, false},
};

constexpr std::size_t kMaxDigits = std::numeric_limits<std::uint64_t>::digits10 + 1;

/// Room that a line needs at most: a space before the value, a newline behind it.
std::size_t line_room(const FileFamily& family, std::string_view labels) {
    return family.metric.name.size() + labels.size() + kMaxDigits + 2;
}

char* put(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

/// Writes one line, for which the room is there; returns its end.
char* put_line(char* to, const FileFamily& family, std::string_view labels, std::uint64_t value) {
    to = put(to, family.metric.name);
    to = put(to, labels);
    *to++ = ' ';
    to = std::to_chars(to, to + kMaxDigits, value).ptr;
    *to++ = '\n';
    return to;
}

/// Copies what is left of a text, as far as it fits; returns how much.
std::size_t take(std::string_view text, std::size_t& taken, char* buffer, std::size_t capacity) {
    const std::size_t size = std::min(capacity, text.size() - taken);
    std::memcpy(buffer, text.data() + taken, size);
    taken += size;
    return size;
}

}  // namespace

ScrapeStream::ScrapeStream(std::shared_ptr<const SeriesPage> page)
    : page_(std::move(page)), row_(rows().size()) {}

std::size_t ScrapeStream::read(char* buffer, std::size_t capacity) {
    std::size_t filled = 0;
    while (filled < capacity) {
        if (preamble_taken_ < page_->preamble.size()) {
            filled += take(page_->preamble, preamble_taken_, buffer + filled, capacity - filled);
        } else if (pending_taken_ < pending_.size()) {
            filled += take(pending_, pending_taken_, buffer + filled, capacity - filled);
        } else if (row_ < rows().size()) {
            filled += write_whole_lines(buffer + filled, capacity - filled);
        } else if (families_begun_ < std::size(kFamilies)) {
            begin_next_family();
        } else {
            break;
        }
    }
    return filled;
}

std::size_t ScrapeStream::write_whole_lines(char* buffer, std::size_t capacity) {
    const FileFamily& family = kFamilies[families_begun_ - 1];
    char* to = buffer;
    for (; row_ < rows().size(); ++row_) {
        const SeriesRow& row = rows()[row_];
        const std::uint64_t value = row.counts.*family.field;
        if (value == 0 && !family.shows_zero) continue;
        const std::string_view labels = row.labels.view();
        if (static_cast<std::size_t>(buffer + capacity - to) < line_room(family, labels)) {
            clear_pending();
            append_sample(pending_, family.metric, labels, value);
            ++row_;
            break;
        }
        to = put_line(to, family, labels, value);
    }
    return static_cast<std::size_t>(to - buffer);
}

void ScrapeStream::begin_next_family() {
    const FileFamily& family = kFamilies[families_begun_++];
    const auto shown = std::find_if(rows().begin(), rows().end(), [&](const SeriesRow& row) {
        return family.shows_zero || row.counts.*family.field != 0;
    });
    row_ = static_cast<std::size_t>(shown - rows().begin());
    if (shown == rows().end()) return;
    clear_pending();
    append_family_header(pending_, family.metric);
}

void ScrapeStream::clear_pending() {
    pending_.clear();
    pending_taken_ = 0;
}

}  // namespace vfswatchd
