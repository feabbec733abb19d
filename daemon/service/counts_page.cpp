// SPDX-License-Identifier: Apache-2.0
#include "service/counts_page.h"

#include <utility>

namespace vfswatchd {
namespace {

class ScrapeBody : public BodySource {
  public:
    explicit ScrapeBody(std::shared_ptr<const SeriesPage> page) : stream_(std::move(page)) {}
    std::size_t read(char* buffer, std::size_t capacity) override {
        return stream_.read(buffer, capacity);
    }

  private:
    ScrapeStream stream_;
};

class CountsPage : public ScrapePage {
  public:
    CountsPage(SeriesPage page, std::size_t all_series)
        : page_(std::make_shared<const SeriesPage>(std::move(page))), all_series_(all_series) {}
    [[nodiscard]] std::unique_ptr<BodySource> open() const override {
        return std::make_unique<ScrapeBody>(page_);
    }
    [[nodiscard]] double share() const override {
        if (all_series_ == 0) return 0;
        return static_cast<double>(page_->rows.size()) / static_cast<double>(all_series_);
    }

  private:
    std::shared_ptr<const SeriesPage> page_;
    std::size_t all_series_;
};

}  // namespace

std::shared_ptr<const ScrapePage> share_page(SeriesPage page, std::size_t all_series) {
    return std::make_shared<const CountsPage>(std::move(page), all_series);
}

}  // namespace vfswatchd
