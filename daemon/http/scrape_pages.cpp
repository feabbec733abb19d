// SPDX-License-Identifier: Apache-2.0
#include "http/scrape_pages.h"

#include <algorithm>
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

    void let_go() {
        source.reset();
        page.reset();
    }
};

class ScrapePages::ReaderSource : public BodySource {
  public:
    explicit ReaderSource(std::shared_ptr<Reader> reader) : reader_(std::move(reader)) {}

    std::size_t read(char* buffer, std::size_t capacity) override {
        const std::lock_guard lock(reader_->mutex);
        if (reader_->broken_off)
            throw std::runtime_error("the client read slowly, and others needed its place");
        if (!reader_->source) return 0;
        const std::size_t got = reader_->source->read(buffer, capacity);
        if (got == 0) reader_->let_go();
        return got;
    }

  private:
    std::shared_ptr<Reader> reader_;
};

Result<std::unique_ptr<BodySource>> ScrapePages::open(const TargetChoice& choice,
                                                      Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    pages_.remove_if([](const Page& page) { return page.page.expired(); });
    for (Page& page : pages_) {
        if (page.choice != choice || now - page.made > kFresh) continue;
        if (auto shared = page.page.lock()) return open_reader(std::move(shared), page);
    }
    auto made = make_(choice);
    if (!made) return fail(made.error());
    Page& page =
        pages_.emplace_back(Page{choice, now, std::max((*made)->share(), kLeastShare), *made, {}});
    auto body = open_reader(std::move(*made), page);
    make_room();
    return body;
}

std::unique_ptr<BodySource> ScrapePages::open_reader(std::shared_ptr<const ScrapePage> from,
                                                     Page& page) {
    auto reader = std::make_shared<Reader>();
    reader->source = from->open();
    reader->page = std::move(from);
    page.readers.push_back(reader);
    return std::make_unique<ReaderSource>(std::move(reader));
}

void ScrapePages::make_room() {
    double held = 0;
    for (const Page& page : pages_)
        held += page.share;
    while (held > most_pages_ && pages_.size() > 1) {
        held -= pages_.front().share;
        break_off(pages_.front());
        pages_.pop_front();
    }
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
