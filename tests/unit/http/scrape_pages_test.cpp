// SPDX-License-Identifier: Apache-2.0
#include "http/scrape_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sources.h"

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;

const ScrapePages::Clock::time_point kStart{1h};

/// What the pages take for the time.
std::atomic<ScrapePages::Clock::time_point> g_now = kStart;

ScrapePages::Clock::time_point now() {
    return g_now;
}

/// Makes pages that say which one they are, and counts those that are held.
class Press {
  public:
    explicit Press(double share = 1) : share_(share) {}

    [[nodiscard]] ScrapePages::Make make() {
        return [this](const TargetChoice&) -> Result<std::shared_ptr<const ScrapePage>> {
            const std::string text = "page " + std::to_string(++made_) + "\n";
            ++held_;
            // Ends with the page and with the last of its bodies.
            const std::shared_ptr<void> token(nullptr, [this](void*) { --held_; });
            return std::make_shared<const SourcePage>(
                [text, token] { return std::make_unique<TextSource>(text); }, share_);
        };
    }
    [[nodiscard]] int made() const { return made_; }
    [[nodiscard]] int held() const { return held_; }

  private:
    double share_;
    std::atomic<int> made_ = 0;
    std::atomic<int> held_ = 0;
};

std::unique_ptr<BodySource> open(ScrapePages& pages, ScrapePages::Clock::time_point at,
                                 const TargetChoice& choice = {}) {
    g_now = at;
    auto body = pages.open(choice);
    if (!body) throw std::runtime_error(body.error().message());
    return std::move(*body);
}

std::string rest_of(BodySource& body) {
    std::string text;
    std::array<char, 4> piece{};
    while (const std::size_t got = body.read(piece.data(), piece.size()))
        text.append(piece.data(), got);
    return text;
}

bool is_broken_off(BodySource& body) {
    try {
        rest_of(body);
        return false;
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "others needed the memory, and its clients read slowly");
        return true;
    }
}

TEST(ScrapePages, AreSharedByThoseWhoAskAtOnce) {
    Press press;
    ScrapePages pages(press.make(), 1, now);
    const auto first = open(pages, kStart);
    const auto second = open(pages, kStart + ScrapePages::kFresh);
    EXPECT_EQ(press.made(), 1);
    // Each reads it from the beginning.
    std::array<char, 4> begun{};
    EXPECT_EQ(first->read(begun.data(), begun.size()), 4U);
    EXPECT_EQ(rest_of(*second), "page 1\n");
    EXPECT_EQ(rest_of(*first), " 1\n");
}

TEST(ScrapePages, AreNotSharedWhenTheyAreOld) {
    Press press;
    ScrapePages pages(press.make(), 2, now);
    const auto first = open(pages, kStart);
    const auto second = open(pages, kStart + ScrapePages::kFresh + 1ms);
    EXPECT_EQ(rest_of(*first), "page 1\n");
    EXPECT_EQ(rest_of(*second), "page 2\n");
}

TEST(ScrapePages, AreNotSharedOnceNobodyReadsThem) {
    Press press;
    ScrapePages pages(press.make(), 2, now);
    EXPECT_EQ(rest_of(*open(pages, kStart)), "page 1\n");
    EXPECT_EQ(press.held(), 0);
    EXPECT_EQ(rest_of(*open(pages, kStart)), "page 2\n");
}

TEST(ScrapePages, AreOfOneChoiceOfTargets) {
    Press press;
    ScrapePages pages(press.make(), 4, now);
    const auto all = open(pages, kStart);
    const auto one = open(pages, kStart, TargetChoice({"a"}));
    const auto two = open(pages, kStart, TargetChoice({"b", "a"}));
    const auto same = open(pages, kStart, TargetChoice({"a", "b", "a"}));
    EXPECT_EQ(press.made(), 3);
    EXPECT_EQ(rest_of(*one), "page 2\n");
    EXPECT_EQ(rest_of(*same), "page 3\n");
}

TEST(ScrapePages, BreakOneOffWhereTooManyAreHeld) {
    Press press;
    ScrapePages pages(press.make(), 2, now);
    const auto first = open(pages, kStart);
    const auto beside_first = open(pages, kStart);
    const auto second = open(pages, kStart + 2s);
    EXPECT_EQ(press.held(), 2);
    const auto third = open(pages, kStart + 4s);
    EXPECT_EQ(press.held(), 2);
    EXPECT_TRUE(is_broken_off(*first));
    EXPECT_TRUE(is_broken_off(*first));
    EXPECT_TRUE(is_broken_off(*beside_first));
    EXPECT_EQ(rest_of(*second), "page 2\n");
    EXPECT_EQ(rest_of(*third), "page 3\n");
}

TEST(ScrapePages, BreakOffTheOneThatNobodyReads) {
    Press press;
    ScrapePages pages(press.make(), 2, now);
    const auto old = open(pages, kStart);
    const auto idle = open(pages, kStart + 2s);
    g_now = kStart + 3s;
    char byte = 0;
    EXPECT_EQ(old->read(&byte, 1), 1U);
    const auto next = open(pages, kStart + 4s);
    EXPECT_TRUE(is_broken_off(*idle));
    EXPECT_EQ(rest_of(*old), "age 1\n");
    EXPECT_EQ(rest_of(*next), "page 3\n");
}

TEST(ScrapePages, AreSharedSomewhatOlderBeforeOneIsBrokenOff) {
    Press press;
    ScrapePages pages(press.make(), 2, now);
    const auto slow = open(pages, kStart);
    const auto before = open(pages, kStart + 2s);
    const auto same = open(pages, kStart + 2s + ScrapePages::kFreshEnough);
    EXPECT_EQ(press.made(), 2);
    EXPECT_EQ(rest_of(*same), "page 2\n");
    EXPECT_EQ(rest_of(*slow), "page 1\n");
    const auto next = open(pages, kStart + 2s + ScrapePages::kFreshEnough + 1ms);
    EXPECT_EQ(rest_of(*next), "page 3\n");
    EXPECT_EQ(rest_of(*before), "page 2\n");
}

/// Who waits while a page is made shares it, however long that takes.
TEST(ScrapePages, AreFreshWhenTheyAreMade) {
    int made = 0;
    ScrapePages pages(
        [&made](const TargetChoice&) -> Result<std::shared_ptr<const ScrapePage>> {
            ++made;
            g_now = now() + 5s;
            return std::make_shared<const SourcePage>(
                [] { return std::make_unique<TextSource>("page\n"); }, 1);
        },
        2, now);
    g_now = kStart;
    const auto first = pages.open({});
    const auto second = pages.open({});
    EXPECT_EQ(made, 1);
}

TEST(ScrapePages, AreHeldByWhoReadsThemAlone) {
    Press press;
    ScrapePages pages(press.make(), 2, now);
    auto first = open(pages, kStart);
    const auto second = open(pages, kStart + 2s);
    EXPECT_EQ(press.held(), 2);
    rest_of(*second);
    EXPECT_EQ(press.held(), 1);
    first.reset();
    EXPECT_EQ(press.held(), 0);
    // So none of them counts any more.
    const auto third = open(pages, kStart + 4s);
    const auto fourth = open(pages, kStart + 6s);
    EXPECT_EQ(rest_of(*third), "page 3\n");
}

TEST(ScrapePages, LeaveOneThatWasReadToItsEnd) {
    Press press;
    ScrapePages pages(press.make(), 1, now);
    const auto done = open(pages, kStart);
    const auto beside = open(pages, kStart);
    EXPECT_EQ(rest_of(*done), "page 1\n");
    const auto next = open(pages, kStart + 2s);
    EXPECT_EQ(rest_of(*done), "");
    EXPECT_TRUE(is_broken_off(*beside));
    EXPECT_EQ(rest_of(*next), "page 2\n");
}

TEST(ScrapePages, AreNeverBrokenOffAlone) {
    Press press(5);
    ScrapePages pages(press.make(), 1, now);
    EXPECT_EQ(rest_of(*open(pages, kStart)), "page 1\n");
}

TEST(ScrapePages, AddUpTheirShares) {
    Press press(0.25);
    ScrapePages pages(press.make(), 1, now);
    std::vector<std::unique_ptr<BodySource>> bodies;
    for (int i = 0; i < 4; ++i)
        bodies.push_back(open(pages, kStart + i * 2s));
    EXPECT_EQ(press.held(), 4);
    bodies.push_back(open(pages, kStart + 8s));
    EXPECT_EQ(press.held(), 4);
    EXPECT_TRUE(is_broken_off(*bodies[0]));
    EXPECT_EQ(rest_of(*bodies[1]), "page 2\n");
}

TEST(ScrapePages, OfNothingAreNotWithoutNumber) {
    Press press(0);
    ScrapePages pages(press.make(), 1, now);
    std::vector<std::unique_ptr<BodySource>> bodies;
    for (int i = 0; i < 100; ++i)
        bodies.push_back(open(pages, kStart + i * 2s));
    EXPECT_EQ(press.held(), 16);
}

TEST(ScrapePages, PassFailuresOn) {
    int calls = 0;
    ScrapePages pages(
        [&calls](const TargetChoice&) -> Result<std::shared_ptr<const ScrapePage>> {
            if (++calls == 1) return fail(plain_error("maps are gone"));
            throw std::runtime_error("no memory");
        },
        1);
    const auto body = pages.open({});
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().message(), "maps are gone");
    EXPECT_THROW(static_cast<void>(pages.open({})), std::runtime_error);
}

/// Readers that come, read and are broken off at once, on as many threads as listeners have.
TEST(ScrapePages, MayBeReadOnManyThreads) {
    Press press;
    ScrapePages pages(press.make(), 1, now);
    std::atomic<int> whole = 0;
    std::atomic<int> broken = 0;
    std::vector<std::thread> readers;
    for (int reader = 0; reader < 4; ++reader) {
        readers.emplace_back([&, reader] {
            for (int i = 0; i < 300; ++i) {
                const auto body = open(pages, kStart + (i * 4 + reader) * 60ms);
                try {
                    whole += rest_of(*body).starts_with("page ") ? 1 : 0;
                } catch (const std::runtime_error&) {
                    ++broken;
                }
            }
        });
    }
    for (std::thread& reader : readers)
        reader.join();
    EXPECT_EQ(whole + broken, 1200);
    EXPECT_GT(whole, 0);
    EXPECT_EQ(press.held(), 0);
}

}  // namespace
}  // namespace vfswatchd
