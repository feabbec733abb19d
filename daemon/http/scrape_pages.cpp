// SPDX-License-Identifier: Apache-2.0
#include "http/scrape_pages.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace vfswatchd {
namespace {

/// What a page holds beside its series, so that pages of nothing are not without number.
constexpr double kLeastShare = 1.0 / 16;

}  // namespace

/// One client's place in a page.
struct ScrapePages::Reader {
    std::mutex mutex;
    std::shared_ptr<const ScrapePage> page;  ///< held for others to share, as long as it is read
    std::unique_ptr<BodySource> source;      ///< nullptr: the end was read, or it was broken off
    bool broken_off = false;
    Clock::time_point last_read;

    void let_go() {
        source.reset();
        page.reset();
    }
};

class ScrapePages::ReaderSource : public BodySource {
  public:
    ReaderSource(std::shared_ptr<Reader> reader, Now now)
        : reader_(std::move(reader)), now_(std::move(now)) {}

    std::size_t read(char* buffer, std::size_t capacity) override {
        const std::lock_guard lock(reader_->mutex);
        if (reader_->broken_off)
            throw std::runtime_error("others needed the memory, and its clients read slowly");
        if (!reader_->source) return 0;
        reader_->last_read = now_();
        const std::size_t got = reader_->source->read(buffer, capacity);
        if (got == 0) reader_->let_go();
        return got;
    }

  private:
    std::shared_ptr<Reader> reader_;
    Now now_;
};

Result<std::unique_ptr<BodySource>> ScrapePages::open(const TargetChoice& choice) {
    const std::lock_guard lock(mutex_);
    pages_.remove_if([](const Page& page) { return page.page.expired(); });
    if (auto shared = share(choice, held() < most_pages_ ? kFresh : kFreshEnough)) return shared;
    auto made = make_(choice);
    if (!made) return fail(made.error());
    Page& page = pages_.emplace_back(
        Page{choice, now_(), std::max((*made)->share(), kLeastShare), *made, {}});
    auto body = open_reader(std::move(*made), page);
    make_room();
    return body;
}

double ScrapePages::held() const {
    return std::accumulate(pages_.begin(), pages_.end(), 0.0,
                           [](double sum, const Page& page) { return sum + page.share; });
}

std::unique_ptr<BodySource> ScrapePages::share(const TargetChoice& choice, Clock::duration age) {
    const Clock::time_point now = now_();
    const auto newest = std::find_if(pages_.rbegin(), pages_.rend(), [&](const Page& page) {
        return page.choice == choice && now - page.made <= age;
    });
    if (newest == pages_.rend()) return nullptr;
    auto shared = newest->page.lock();
    return shared ? open_reader(std::move(shared), *newest) : nullptr;
}

std::unique_ptr<BodySource> ScrapePages::open_reader(std::shared_ptr<const ScrapePage> from,
                                                     Page& page) {
    auto reader = std::make_shared<Reader>();
    reader->source = from->open();
    reader->page = std::move(from);
    reader->last_read = now_();
    page.readers.push_back(reader);
    return std::make_unique<ReaderSource>(std::move(reader), now_);
}

void ScrapePages::make_room() {
    while (held() > most_pages_ && pages_.size() > 1) {
        const auto idlest = std::min_element(
            pages_.begin(), std::prev(pages_.end()),
            [](const Page& a, const Page& b) { return last_read(a) < last_read(b); });
        break_off(*idlest);
        pages_.erase(idlest);
    }
}

ScrapePages::Clock::time_point ScrapePages::last_read(const Page& page) {
    Clock::time_point last = page.made;
    for (const std::weak_ptr<Reader>& weak : page.readers) {
        const auto reader = weak.lock();
        if (!reader) continue;
        const std::lock_guard lock(reader->mutex);
        last = std::max(last, reader->last_read);
    }
    return last;
}

void ScrapePages::break_off(const Page& page) {
    for (const std::weak_ptr<Reader>& weak : page.readers) {
        const auto reader = weak.lock();
        if (!reader) continue;
        const std::lock_guard lock(reader->mutex);
        // One that has read it all is just being ended.
        reader->broken_off = reader->source != nullptr;
        reader->let_go();
    }
}

}  // namespace vfswatchd
