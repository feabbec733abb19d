// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <vector>

#include "inflate.h"
#include "sources.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string header(const HttpReply& reply, const std::string& name) {
    for (const auto& [key, value] : reply.headers) {
        if (name == key) return value;
    }
    return "";
}

std::string drain(BodySource& source, std::size_t capacity) {
    std::string text;
    std::vector<char> buffer(capacity);
    while (const std::size_t got = source.read(buffer.data(), capacity)) {
        text.append(buffer.data(), got);
    }
    return text;
}

HttpReply get(const Router& router, std::string_view path, std::string_view encoding = "") {
    return router.answer({"GET", path, encoding});
}

TEST(Router, AnswersEveryPath) {
    const Router router(serving("up 1\n"), 4);
    for (const char* path : {"/", "/metrics", "/-/healthy", "/healthz", "/-/ready", "/readyz"}) {
        EXPECT_EQ(get(router, path).status, 200U) << path;
        EXPECT_EQ(router.answer({"HEAD", path, ""}).status, 200U) << path;
    }
    for (const char* path : {"", "/metric", "/metrics/", "/-/reload", "/-/quit", "//", "/index"}) {
        EXPECT_EQ(get(router, path).status, 404U) << path;
    }
}

TEST(Router, RefusesWhatCouldChangeState) {
    const Router router(serving(""), 4);
    for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"}) {
        const HttpReply reply = router.answer({method, "/metrics", ""});
        EXPECT_EQ(reply.status, 405U) << method;
        EXPECT_EQ(header(reply, "Allow"), "GET, HEAD") << method;
    }
}

TEST(Router, ServesTheTextFormat) {
    const HttpReply reply = get(Router(serving("up 1\n"), 4), "/metrics");
    EXPECT_EQ(header(reply, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(header(reply, "Cache-Control"), "no-store");
    EXPECT_EQ(header(reply, "Vary"), "Accept-Encoding");
    EXPECT_EQ(header(reply, "Content-Encoding"), "");
    EXPECT_EQ(drain(*reply.stream, 4096), "up 1\n");
}

TEST(Router, PacksThePageForThoseWhoTakeGzip) {
    const std::string text = numbered_lines(300'000);
    const Router router(serving(text), 4);
    for (const std::size_t capacity : {1U, 7U, 4096U, 1'000'000U}) {
        const HttpReply reply = get(router, "/metrics", "gzip");
        EXPECT_EQ(header(reply, "Content-Encoding"), "gzip");
        EXPECT_EQ(header(reply, "Vary"), "Accept-Encoding");
        const std::string packed = drain(*reply.stream, capacity);
        EXPECT_LT(packed.size(), text.size() / 2);
        EXPECT_EQ(gunzip(packed), text) << capacity;
    }
    EXPECT_EQ(header(get(router, "/metrics", "gzip;q=0"), "Content-Encoding"), "");
    EXPECT_EQ(gunzip(drain(*get(Router(serving(""), 4), "/metrics", "gzip").stream, 64)), "");
}

TEST(Router, HeadAsksNobodyForAPage) {
    HttpHandlers handlers = serving("");
    int scrapes = 0;
    handlers.scrape = [&scrapes] {
        ++scrapes;
        return std::make_unique<TextSource>("");
    };
    const Router router(std::move(handlers), 4);
    const HttpReply reply = router.answer({"HEAD", "/metrics", "gzip"});
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(header(reply, "Content-Encoding"), "gzip");
    EXPECT_EQ(scrapes, 0);
}

TEST(Router, HasNoPageBeforeItIsReady) {
    HttpHandlers handlers = serving("up 1\n");
    bool ready = false;
    handlers.ready = [&ready] { return ready; };
    const Router router(std::move(handlers), 4);
    for (const char* path : {"/metrics", "/-/ready", "/readyz"}) {
        const HttpReply reply = get(router, path);
        EXPECT_EQ(reply.status, 503U) << path;
        EXPECT_EQ(reply.stream, nullptr) << path;
        EXPECT_THAT(reply.body, HasSubstr("probes are not attached")) << path;
    }
    EXPECT_EQ(router.answer({"HEAD", "/metrics", ""}).status, 503U);
    EXPECT_EQ(get(router, "/healthz").status, 200U);
    ready = true;
    EXPECT_EQ(get(router, "/metrics").status, 200U);
    EXPECT_EQ(get(router, "/readyz").status, 200U);
}

TEST(Router, SaysThatTheLoopIsStuck) {
    HttpHandlers handlers = serving("");
    handlers.healthy = [] { return false; };
    const Router router(std::move(handlers), 4);
    EXPECT_EQ(get(router, "/-/healthy").status, 503U);
    EXPECT_EQ(get(router, "/healthz").status, 503U);
    EXPECT_EQ(get(router, "/readyz").status, 200U);
}

TEST(Router, FencesThePageIn) {
    const HttpReply reply = get(Router(serving(""), 4), "/");
    EXPECT_EQ(header(reply, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_THAT(header(reply, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
    EXPECT_EQ(header(reply, "X-Content-Type-Options"), "nosniff");
    EXPECT_THAT(reply.body, HasSubstr("<title>test</title>"));
}

TEST(Router, TurnsThrowsAndFailuresInto500) {
    std::vector<std::string> log;
    HttpHandlers handlers = serving("");
    handlers.failed = [&log](const std::string& message) { log.push_back(message); };
    handlers.page = []() -> std::string { throw std::runtime_error("no page today"); };
    handlers.healthy = []() -> bool { throw 7; };
    handlers.scrape = [] { return fail(plain_error("maps are gone")); };
    const Router router(std::move(handlers), 4);
    EXPECT_EQ(get(router, "/").status, 500U);
    EXPECT_EQ(get(router, "/healthz").status, 500U);
    EXPECT_EQ(get(router, "/metrics").status, 500U);
    EXPECT_THAT(log, ElementsAre(HasSubstr("no page today"), HasSubstr("/healthz"),
                                 "scrape: maps are gone"));
}

TEST(Router, TreatsNoPageAndAThrowingLogAsFailures) {
    HttpHandlers handlers = serving("");
    handlers.failed = [](const std::string&) { throw std::runtime_error("log full"); };
    handlers.scrape = [] { return std::unique_ptr<BodySource>(); };
    EXPECT_EQ(get(Router(std::move(handlers), 4), "/metrics").status, 500U);
}

TEST(Router, BoundsThePagesOnTheirWay) {
    const Router router(serving("up 1\n"), 2);
    HttpReply first = get(router, "/metrics");
    const HttpReply second = get(router, "/metrics", "gzip");
    const HttpReply third = get(router, "/metrics");
    EXPECT_EQ(second.status, 200U);
    EXPECT_EQ(third.status, 503U);
    EXPECT_EQ(header(third, "Retry-After"), "1");
    EXPECT_EQ(third.stream, nullptr);
    first.stream.reset();
    EXPECT_EQ(get(router, "/metrics").status, 200U);
}

TEST(Router, GivesThePlaceBackAfterAFailedScrape) {
    HttpHandlers handlers = serving("");
    int scrapes = 0;
    handlers.scrape = [&scrapes]() -> Result<std::unique_ptr<BodySource>> {
        if (++scrapes < 4) throw std::runtime_error("not yet");
        return std::make_unique<TextSource>("");
    };
    const Router router(std::move(handlers), 1);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(get(router, "/metrics").status, 500U);
    EXPECT_EQ(get(router, "/metrics").status, 200U);
}

}  // namespace
}  // namespace vfswatchd
