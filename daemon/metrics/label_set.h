// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

namespace vfswatchd {

/// A series' labels as the page has them, braces included. Copies share the text, so that a scrape
/// under way outlives the series.
/// Thread: any; the text never changes.
class LabelSet {
  public:
    LabelSet() = default;
    explicit LabelSet(std::string_view text) : size_(text.size()) {
        auto copy = std::make_shared<char[]>(text.size());
        std::copy(text.begin(), text.end(), copy.get());
        text_ = std::move(copy);
    }

    [[nodiscard]] std::string_view view() const { return {text_.get(), size_}; }

  private:
    std::shared_ptr<const char[]> text_;
    std::size_t size_ = 0;
};

}  // namespace vfswatchd
