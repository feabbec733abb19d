// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <chrono>
#include <exception>
#include <utility>

#include "http/accept_encoding.h"
#include "http/gzip.h"

namespace vfswatchd {
namespace {

/// Over all listeners; one more or less where several begin at once.
constexpr std::size_t kMostGzips = 32;
constexpr std::int64_t kReportPauseMs = 1000;
constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

HttpReply not_ready() {
    return text_reply(503, "starting: the probes are not attached yet");
}

/// A body in gzip that is counted as long as it lives: it holds some 400 KiB.
class CountedGzip : public GzipSource {
  public:
    CountedGzip(std::unique_ptr<BodySource> plain, std::shared_ptr<std::atomic<std::size_t>> count)
        : GzipSource(std::move(plain)), count_(std::move(count)) {
        ++*count_;
    }
    ~CountedGzip() override { --*count_; }

  private:
    std::shared_ptr<std::atomic<std::size_t>> count_;
};

/// Stands for a page of unknown length that HEAD does not ask for.
struct UnreadSource : BodySource {
    std::size_t read(char*, std::size_t) override { return 0; }
};

}  // namespace

Router::Router(HttpHandlers handlers, double most_pages)
    : handlers_(std::move(handlers)),
      pages_(handlers_.scrape, most_pages),
      gzips_(std::make_shared<std::atomic<std::size_t>>(0)) {}

HttpReply Router::answer(const HttpRequest& request) {
    try {
        return route(request);
    } catch (const std::exception& error) {
        report(std::string(request.path), error.what());
    } catch (...) {
        report(std::string(request.path), "unknown exception");
    }
    return text_reply(500, "internal error: see the log of vfswatchd");
}

void Router::report(const std::string& what, const std::string& why) const noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    std::int64_t quiet_until = quiet_until_ms_;
    if (now_ms < quiet_until ||
        !quiet_until_ms_.compare_exchange_strong(quiet_until, now_ms + kReportPauseMs))
        return;
    try {
        if (handlers_.failed) handlers_.failed(what + ": " + why);
    } catch (...) {
        // Nobody is left to tell, and the request is answered all the same.
    }
}

HttpReply Router::route(const HttpRequest& request) {
    using Page = HttpReply (Router::*)() const;
    constexpr std::pair<std::string_view, Page> kPages[] = {{"/", &Router::page},
                                                            {"/-/healthy", &Router::health},
                                                            {"/healthz", &Router::health},
                                                            {"/-/ready", &Router::readiness},
                                                            {"/readyz", &Router::readiness}};
    Page found = nullptr;
    for (const auto& [path, candidate] : kPages) {
        if (request.path == path) found = candidate;
    }
    const bool scrape = request.path == "/metrics";
    if (found == nullptr && !scrape) return text_reply(404, "not found: try /metrics");
    if (request.method != "GET" && request.method != "HEAD") {
        HttpReply refused = text_reply(405, "method not allowed: GET or HEAD");
        refused.headers.emplace_back("Allow", "GET, HEAD");
        return refused;
    }
    return scrape ? metrics(request) : (this->*found)();
}

HttpReply Router::metrics(const HttpRequest& request) {
    if (!handlers_.ready()) return not_ready();
    const TargetChoice choice(request.targets);
    for (const std::string& name : choice.names())
        if (!handlers_.has_target(name))
            return text_reply(400, "no such target: see / for those that there are");
    // Beyond, plain text, which every client takes: slow ones hold no more memory then.
    const bool gzip = accepts_gzip(request.accept_encoding) && *gzips_ < kMostGzips;
    HttpReply made = make_reply(200, kTextFormat, "");
    made.headers.emplace_back("Vary", "Accept-Encoding");
    if (gzip) made.headers.emplace_back("Content-Encoding", "gzip");
    if (request.method == "HEAD") {
        made.stream = std::make_unique<UnreadSource>();
        return made;
    }
    auto body = pages_.open(choice);
    if (!body) {
        report("scrape", body.error().message());
        return text_reply(500, "the scrape failed: see the log of vfswatchd");
    }
    made.stream = std::move(*body);
    if (gzip) made.stream = std::make_unique<CountedGzip>(std::move(made.stream), gzips_);
    return made;
}

HttpReply Router::page() const {
    HttpReply made = make_reply(200, kHtml, handlers_.page());
    made.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
    made.headers.emplace_back("Referrer-Policy", "no-referrer");
    return made;
}

HttpReply Router::health() const {
    return handlers_.healthy() ? text_reply(200, "healthy")
                               : text_reply(503, "unhealthy: the daemon's loop does not answer");
}

HttpReply Router::readiness() const {
    return handlers_.ready() ? text_reply(200, "ready") : not_ready();
}

}  // namespace vfswatchd
