// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/body.h"

namespace vfswatchd {

/// What the endpoint serves. A failure or a throw in any of them is a 500 for that request alone.
/// Thread: called on the listeners' threads, several at once where there are several listeners.
struct HttpHandlers {
    std::function<std::string()> page;  ///< HTML for `/`; styles inline, no scripts
    std::function<bool()> healthy;      ///< does the daemon's loop live?
    std::function<bool()> ready;        ///< are the probes attached?
    std::function<Result<std::unique_ptr<BodySource>>()> scrape;  ///< text format 0.0.4
    /// Optional: why a request ended in 500 or broke off, for the log.
    std::function<void(const std::string& message)> failed;
};

struct HttpRequest {
    std::string_view method;
    std::string_view path;
    std::string_view accept_encoding;
};

struct HttpReply {
    unsigned status = 200;
    std::vector<std::pair<const char*, const char*>> headers;
    std::string body;
    std::unique_ptr<BodySource> stream;  ///< when set, instead of body
};

/// Request in, reply out; knows the paths, not the sockets.
/// Thread: any, several at once.
class Router {
  public:
    /// No more than `max_scrapes` pages are on their way at once: each holds a copy of the counts.
    Router(HttpHandlers handlers, std::size_t max_scrapes);

    [[nodiscard]] HttpReply answer(const HttpRequest& request) const;
    void report(const std::string& message) const noexcept;

  private:
    [[nodiscard]] HttpReply route(const HttpRequest& request) const;
    [[nodiscard]] HttpReply metrics(const HttpRequest& request) const;
    [[nodiscard]] HttpReply page() const;
    [[nodiscard]] HttpReply health() const;
    [[nodiscard]] HttpReply readiness() const;

    HttpHandlers handlers_;
    std::size_t max_scrapes_;
    std::shared_ptr<std::atomic<std::size_t>> scrapes_;
};

}  // namespace vfswatchd
