// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "http/scrape_page.h"
#include "model/target_choice.h"

namespace vfswatchd {

/// The pages on their way to clients. Who asks while others do reads the same page as they, so that
/// many scrapes at once take the memory of one; and where pages pile up because clients read them
/// slowly, the one that nobody has read from for longest is broken off for the next, so that nobody
/// waits for them.
/// Thread: any, several at once.
class ScrapePages {
  public:
    using Clock = std::chrono::steady_clock;
    using Make = std::function<Result<std::shared_ptr<const ScrapePage>>(const TargetChoice&)>;
    using Now = std::function<Clock::time_point()>;

    /// A page that was made longer ago is not shared with those who ask now,
    static constexpr std::chrono::milliseconds kFresh{100};
    /// unless another would have to be broken off.
    static constexpr std::chrono::milliseconds kFreshEnough{1000};

    /// At most so many pages of all targets are held, or as many more as they show fewer.
    ScrapePages(Make make, double most_pages, Now now = &Clock::now)
        : make_(std::move(make)), most_pages_(most_pages), now_(std::move(now)) {}

    /// The body of a page that shows the targets as they are now, or of one that is fresh.
    /// Errors: those of `make`. The body's read() throws where the page was broken off.
    [[nodiscard]] Result<std::unique_ptr<BodySource>> open(const TargetChoice& choice);

  private:
    struct Reader;
    class ReaderSource;
    struct Page {
        TargetChoice choice;
        Clock::time_point made;  ///< when that was done
        double share = 1;
        std::weak_ptr<const ScrapePage> page;
        std::vector<std::weak_ptr<Reader>> readers;
    };

    [[nodiscard]] double held() const;
    /// nullptr: there is none.
    [[nodiscard]] std::unique_ptr<BodySource> share(const TargetChoice& choice,
                                                    Clock::duration age);
    void make_room();
    static Clock::time_point last_read(const Page& page);
    static void break_off(const Page& page);
    std::unique_ptr<BodySource> open_reader(std::shared_ptr<const ScrapePage> from, Page& page);

    Make make_;
    double most_pages_;
    Now now_;
    std::mutex mutex_;
    std::list<Page> pages_;  ///< the oldest first, the one being opened last
};

}  // namespace vfswatchd
