// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <exception>

#include "http/accept_encoding.h"
#include "http/gzip.h"

namespace vfswatchd {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

HttpReply reply(unsigned status, const char* content_type, std::string body) {
    HttpReply made;
    made.status = status;
    made.headers = {{"Content-Type", content_type},
                    {"Cache-Control", "no-store"},
                    {"X-Content-Type-Options", "nosniff"}};
    made.body = std::move(body);
    return made;
}

HttpReply text_reply(unsigned status, const char* line) {
    return reply(status, kPlainText, std::string(line) + "\n");
}

HttpReply not_ready() {
    return text_reply(503, "starting: the probes are not attached yet");
}

/// One of the places for scrapes, given back when the page was sent or its client is gone.
class ScrapePlace {
  public:
    explicit ScrapePlace(std::shared_ptr<std::atomic<std::size_t>> taken)
        : taken_(std::move(taken)), before_(taken_->fetch_add(1)) {}
    ScrapePlace(ScrapePlace&&) noexcept = default;
    ScrapePlace& operator=(ScrapePlace&&) = delete;
    ScrapePlace(const ScrapePlace&) = delete;
    ScrapePlace& operator=(const ScrapePlace&) = delete;
    ~ScrapePlace() {
        if (taken_) taken_->fetch_sub(1);
    }
    [[nodiscard]] std::size_t before() const { return before_; }

  private:
    std::shared_ptr<std::atomic<std::size_t>> taken_;
    std::size_t before_;
};

class PlacedSource : public BodySource {
  public:
    PlacedSource(ScrapePlace place, std::unique_ptr<BodySource> source)
        : place_(std::move(place)), source_(std::move(source)) {}
    std::size_t read(char* buffer, std::size_t capacity) override {
        return source_->read(buffer, capacity);
    }

  private:
    ScrapePlace place_;
    std::unique_ptr<BodySource> source_;
};

/// Stands for a page of unknown length that HEAD does not ask for.
struct UnreadSource : BodySource {
    std::size_t read(char*, std::size_t) override { return 0; }
};

}  // namespace

Router::Router(HttpHandlers handlers, std::size_t max_scrapes)
    : handlers_(std::move(handlers)),
      max_scrapes_(max_scrapes),
      scrapes_(std::make_shared<std::atomic<std::size_t>>(0)) {}

HttpReply Router::answer(const HttpRequest& request) const {
    try {
        return route(request);
    } catch (const std::exception& error) {
        report(std::string(request.path) + ": " + error.what());
    } catch (...) {
        report(std::string(request.path) + ": unknown exception");
    }
    return text_reply(500, "internal error: see the log of vfswatchd");
}

void Router::report(const std::string& message) const noexcept {
    try {
        if (handlers_.failed) handlers_.failed(message);
    } catch (...) {
        // Nobody is left to tell, and the request is answered all the same.
    }
}

HttpReply Router::route(const HttpRequest& request) const {
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

HttpReply Router::metrics(const HttpRequest& request) const {
    if (!handlers_.ready()) return not_ready();
    const bool gzip = accepts_gzip(request.accept_encoding);
    HttpReply made = reply(200, kTextFormat, "");
    made.headers.emplace_back("Vary", "Accept-Encoding");
    if (gzip) made.headers.emplace_back("Content-Encoding", "gzip");
    if (request.method == "HEAD") {
        made.stream = std::make_unique<UnreadSource>();
        return made;
    }

    ScrapePlace place(scrapes_);
    if (place.before() >= max_scrapes_) {
        HttpReply busy = text_reply(503, "busy: too many scrapes at once");
        busy.headers.emplace_back("Retry-After", "1");
        return busy;
    }
    Result<std::unique_ptr<BodySource>> source = handlers_.scrape();
    if (!source || *source == nullptr) {
        report("scrape: " + (source ? "no page" : source.error().message()));
        return text_reply(500, "the scrape failed: see the log of vfswatchd");
    }
    made.stream = std::make_unique<PlacedSource>(std::move(place), std::move(*source));
    if (gzip) made.stream = std::make_unique<GzipSource>(std::move(made.stream));
    return made;
}

HttpReply Router::page() const {
    HttpReply made = reply(200, kHtml, handlers_.page());
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
