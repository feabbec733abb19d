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

HttpReply get(Router& router, std::string_view path, std::string_view encoding = "") {
    return router.answer({"GET", path, encoding, {}});
}

HttpReply get(Router&& router, std::string_view path, std::string_view encoding = "") {
    return get(router, path, encoding);
}

TEST(Router, AnswersEveryPath) {
    Router router(serving("up 1\n"), 4);
    for (const char* path : {"/", "/metrics", "/-/healthy", "/healthz", "/-/ready", "/readyz"}) {
        EXPECT_EQ(get(router, path).status, 200U) << path;
        EXPECT_EQ(router.answer({"HEAD", path, "", {}}).status, 200U) << path;
    }
    for (const char* path : {"", "/metric", "/metrics/", "/-/reload", "/-/quit", "//", "/index"}) {
        EXPECT_EQ(get(router, path).status, 404U) << path;
    }
}

TEST(Router, RefusesWhatCouldChangeState) {
    Router router(serving(""), 4);
    for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"}) {
        const HttpReply reply = router.answer({method, "/metrics", "", {}});
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
    Router router(serving(text), 4);
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
    handlers.scrape = [&scrapes, make = handlers.scrape](const TargetChoice& choice) {
        ++scrapes;
        return make(choice);
    };
    Router router(std::move(handlers), 4);
    const HttpReply reply = router.answer({"HEAD", "/metrics", "gzip", {}});
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(header(reply, "Content-Encoding"), "gzip");
    EXPECT_EQ(scrapes, 0);
}

TEST(Router, HasNoPageBeforeItIsReady) {
    HttpHandlers handlers = serving("up 1\n");
    bool ready = false;
    handlers.ready = [&ready] { return ready; };
    Router router(std::move(handlers), 4);
    for (const char* path : {"/metrics", "/-/ready", "/readyz"}) {
        const HttpReply reply = get(router, path);
        EXPECT_EQ(reply.status, 503U) << path;
        EXPECT_EQ(reply.stream, nullptr) << path;
        EXPECT_THAT(reply.body, HasSubstr("probes are not attached")) << path;
    }
    EXPECT_EQ(router.answer({"HEAD", "/metrics", "", {}}).status, 503U);
    EXPECT_EQ(get(router, "/healthz").status, 200U);
    ready = true;
    EXPECT_EQ(get(router, "/metrics").status, 200U);
    EXPECT_EQ(get(router, "/readyz").status, 200U);
}

TEST(Router, SaysThatTheLoopIsStuck) {
    HttpHandlers handlers = serving("");
    handlers.healthy = [] { return false; };
    Router router(std::move(handlers), 4);
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
    handlers.scrape = [](const TargetChoice&) { return fail(plain_error("maps are gone")); };
    EXPECT_EQ(get(Router(handlers, 4), "/").status, 500U);
    EXPECT_EQ(get(Router(handlers, 4), "/healthz").status, 500U);
    EXPECT_EQ(get(Router(handlers, 4), "/metrics").status, 500U);
    EXPECT_THAT(log, ElementsAre(HasSubstr("no page today"), HasSubstr("/healthz"),
                                 "scrape: maps are gone"));
}

TEST(Router, TellsOfOneFailureInASecond) {
    int told = 0;
    HttpHandlers handlers = serving("");
    handlers.failed = [&told](const std::string&) { ++told; };
    handlers.page = []() -> std::string { throw std::runtime_error("no page today"); };
    Router router(std::move(handlers), 4);
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(get(router, "/").status, 500U);
    EXPECT_EQ(told, 1);
}

TEST(Router, PacksNoMoreThanMemoryIsFor) {
    Router router(serving("up 1\n"), 4);
    std::vector<HttpReply> packed;
    const auto is_packed = [](const HttpReply& reply) {
        return header(reply, "Content-Encoding") == "gzip";
    };
    for (int i = 0; i < 32; ++i) {
        packed.push_back(get(router, "/metrics", "gzip"));
        EXPECT_TRUE(is_packed(packed.back()));
    }
    const HttpReply plain = get(router, "/metrics", "gzip");
    EXPECT_FALSE(is_packed(plain));
    EXPECT_EQ(drain(*plain.stream, 64), "up 1\n");
    packed.pop_back();
    EXPECT_TRUE(is_packed(get(router, "/metrics", "gzip")));
}

TEST(Router, TreatsAThrowingPageAndAThrowingLogAsFailures) {
    HttpHandlers handlers = serving("");
    handlers.failed = [](const std::string&) { throw std::runtime_error("log full"); };
    handlers.scrape = scraping([]() -> std::unique_ptr<BodySource> { throw 7; });
    EXPECT_EQ(get(Router(std::move(handlers), 4), "/metrics").status, 500U);
}

TEST(Router, ServesWhoAskAtOnceOnePage) {
    HttpHandlers handlers = serving("up 1\n");
    int scrapes = 0;
    handlers.scrape = [&scrapes, make = handlers.scrape](const TargetChoice& choice) {
        ++scrapes;
        return make(choice);
    };
    Router router(std::move(handlers), 2);
    const HttpReply first = get(router, "/metrics");
    const HttpReply second = get(router, "/metrics", "gzip");
    EXPECT_EQ(drain(*first.stream, 64), "up 1\n");
    EXPECT_EQ(gunzip(drain(*second.stream, 64)), "up 1\n");
    // A loaded machine may take longer for the two than a page is fresh.
    EXPECT_LE(scrapes, 2);
}

TEST(Router, GivesThePlaceBackAfterAFailedScrape) {
    HttpHandlers handlers = serving("");
    int scrapes = 0;
    handlers.scrape = [&scrapes, make = handlers.scrape](const TargetChoice& choice) {
        if (++scrapes < 4) throw std::runtime_error("not yet");
        return make(choice);
    };
    Router router(std::move(handlers), 1);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(get(router, "/metrics").status, 500U);
    EXPECT_EQ(get(router, "/metrics").status, 200U);
}

}  // namespace
}  // namespace vfswatchd
