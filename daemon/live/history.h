// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "live/sample.h"
#include "model/reads.h"

namespace vfswatchd {

/// By how much a series grew from one page to the next.
struct Growth {
    std::shared_ptr<const Labels> labels;
    ReadCounts counts;
};

/// What a series that the page before did not have, or whose value fell, began at.
enum class NewSeries {
    kUnknown,  ///< anything: its growth is not known
    kAtZero,   ///< 0, since the page before: its value is its growth
};

/// Each series' counts on the last whole page and on the one being read.
/// A page is read as: begin_page(), add()..., then keep_page() or drop_page().
class History {
  public:
    /// Errors of add(): more series than this.
    explicit History(std::size_t most_series) : most_series_(most_series) {}

    void begin_page();
    /// `labels` as the page has them, in any order; of those that a page before had, only the bytes
    /// are looked at. What of one series there is twice is added up.
    Result<void> add(std::string_view labels, std::uint64_t ReadCounts::*field,
                     std::uint64_t value);
    /// The page is whole. Returns the growth of the series that grew; those that it lacks are
    /// forgotten.
    std::vector<Growth> keep_page(NewSeries began);
    /// The page broke off: the one before stays the last.
    void drop_page();

    /// Series of the last whole page.
    [[nodiscard]] std::size_t size() const { return series_.size(); }

  private:
    struct Series {
        std::shared_ptr<const Labels> labels;
        ReadCounts before;
        ReadCounts now;
        std::uint64_t page_before = 0;
        std::uint64_t page = 0;  ///< `now` is of; 0: of none
    };
    /// One way in which a page writes a series' labels.
    struct Spelling {
        Series* series = nullptr;
        std::uint64_t page = 0;  ///< last one that had it
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    template <typename T>
    using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

    Result<Series*> find(std::string_view labels);
    Result<Series*> meet(std::string_view labels);
    void forget_missing();

    std::size_t most_series_;
    std::uint64_t page_ = 1;        ///< being read, or read last; 1: there was none
    std::uint64_t last_whole_ = 1;  ///< page
    ByText<Series> series_;         ///< by their labels in order
    ByText<Spelling> spellings_;
};

}  // namespace vfswatchd
