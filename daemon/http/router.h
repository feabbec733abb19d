// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/reply.h"
#include "http/scrape_page.h"
#include "http/scrape_pages.h"
#include "model/target_choice.h"

namespace vfswatchd {

/// What the endpoint serves. A failure or a throw in any of them is a 500 for that request alone.
/// Thread: called on the listeners' threads, several at once where there are several listeners.
struct HttpHandlers {
    std::function<std::string()> page;  ///< HTML for `/`; styles inline, no scripts
    std::function<bool()> healthy;      ///< does the daemon's loop live?
    std::function<bool()> ready;        ///< are the probes attached?
    std::function<bool(const std::string& name)> has_target;
    std::function<Result<std::shared_ptr<const ScrapePage>>(const TargetChoice& choice)> scrape;
    /// Optional: why a request ended in 500 or broke off, for the log.
    std::function<void(const std::string& message)> failed;
};

struct HttpRequest {
    std::string_view method;
    std::string_view path;
    std::string_view accept_encoding;
    std::vector<std::string> targets;  ///< each `target[]` of the query
};

/// Request in, reply out; knows the paths, not the sockets.
/// Thread: any, several at once.
class Router {
  public:
    /// Clients hold no more than so many whole pages at once.
    Router(HttpHandlers handlers, double most_pages);

    [[nodiscard]] HttpReply answer(const HttpRequest& request);
    /// `what: why` to the log, at most one in a second: whoever makes them may make many.
    void report(const std::string& what, const std::string& why) const noexcept;

  private:
    [[nodiscard]] HttpReply route(const HttpRequest& request);
    [[nodiscard]] HttpReply metrics(const HttpRequest& request);
    [[nodiscard]] HttpReply page() const;
    [[nodiscard]] HttpReply health() const;
    [[nodiscard]] HttpReply readiness() const;

    HttpHandlers handlers_;
    ScrapePages pages_;
    std::shared_ptr<std::atomic<std::size_t>> gzips_;  ///< on their way
    mutable std::atomic<std::int64_t> quiet_until_ms_{0};
};

}  // namespace vfswatchd
