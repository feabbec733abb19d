// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/result.h"
#include "http/router.h"
#include "http/scrape_page.h"
#include "model/target_choice.h"

namespace vfswatchd {

/// A body out of a text.
class TextSource : public BodySource {
  public:
    explicit TextSource(std::string text) : text_(std::move(text)) {}
    std::size_t read(char* buffer, std::size_t capacity) override {
        const std::size_t got = std::min(capacity, text_.size() - sent_);
        text_.copy(buffer, got, sent_);
        sent_ += got;
        return got;
    }

  private:
    std::string text_;
    std::size_t sent_ = 0;
};

/// Gives a few bytes, then throws.
class BrokenSource : public BodySource {
  public:
    std::size_t read(char* buffer, std::size_t) override {
        if (begun_) throw std::runtime_error("source broke");
        begun_ = true;
        *buffer = 'x';
        return 1;
    }

  private:
    bool begun_ = false;
};

/// Lines that each say where they stand, so that none can be lost, doubled or moved unseen.
inline std::string numbered_lines(std::size_t bytes) {
    std::string text;
    text.reserve(bytes + 64);
    char digits[20];
    for (std::uint64_t line = 0; text.size() < bytes; ++line) {
        const char* end = std::to_chars(digits, digits + sizeof digits, line * line).ptr;
        text.append("the square of this line's number is ");
        text.append(digits, static_cast<std::size_t>(end - digits));
        text.push_back('\n');
    }
    return text;
}

/// A page that gives each of its readers a body of its own.
class SourcePage : public ScrapePage {
  public:
    using Open = std::function<std::unique_ptr<BodySource>()>;

    explicit SourcePage(Open open, double share = 1) : open_(std::move(open)), share_(share) {}
    [[nodiscard]] std::unique_ptr<BodySource> open() const override { return open_(); }
    [[nodiscard]] double share() const override { return share_; }

  private:
    Open open_;
    double share_;
};

/// Makes a page of such bodies for whoever asks, whatever the choice of targets.
inline ScrapePages::Make scraping(SourcePage::Open open) {
    return
        [open = std::move(open)](const TargetChoice&) -> Result<std::shared_ptr<const ScrapePage>> {
            return std::make_shared<const SourcePage>(open);
        };
}

/// A daemon in good health that serves one text, whichever of its targets `web` and `db` are asked
/// for.
inline HttpHandlers serving(std::string text) {
    HttpHandlers handlers;
    handlers.page = [] { return std::string("<!doctype html><title>test</title>"); };
    handlers.healthy = [] { return true; };
    handlers.ready = [] { return true; };
    handlers.has_target = [](const std::string& name) { return name == "web" || name == "db"; };
    handlers.scrape =
        scraping([text = std::move(text)] { return std::make_unique<TextSource>(text); });
    return handlers;
}

}  // namespace vfswatchd
