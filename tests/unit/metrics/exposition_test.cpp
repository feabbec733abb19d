// SPDX-License-Identifier: Apache-2.0
#include "metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "metrics/catalogue.h"
#include "metrics/collector.h"
#include "snapshots.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr SeriesTable::TimePoint kStart{std::chrono::hours(1)};
constexpr SeriesLimits kLimits{100, std::chrono::minutes(15)};

SeriesRow make_row(const std::string& labels, ReadCounts counts) {
    return {LabelSet(labels), counts};
}

std::vector<SeriesRow> three_rows() {
    return {make_row(R"({path="/a"})", {1, 2, 0, 4}),
            make_row(R"({path="/b"})", {kAbove2To53, 1, 3, 0}),
            make_row(R"({path="/c"})", {std::numeric_limits<std::uint64_t>::max(), 1, 0, 0})};
}

constexpr char kThreeRowsPage[] =
    "# HELP x y\n"
    "x 1\n"
    "# HELP vfswatch_file_read_bytes_total Bytes that reads of this file returned, as the kernel "
    "accounts them in rchar.\n"
    "# TYPE vfswatch_file_read_bytes_total counter\n"
    "vfswatch_file_read_bytes_total{path=\"/a\"} 1\n"
    "vfswatch_file_read_bytes_total{path=\"/b\"} 9007199254740993\n"
    "vfswatch_file_read_bytes_total{path=\"/c\"} 18446744073709551615\n"
    "# HELP vfswatch_file_read_calls_total Read calls of this file, as the kernel accounts them "
    "in syscr; errors and end of file included.\n"
    "# TYPE vfswatch_file_read_calls_total counter\n"
    "vfswatch_file_read_calls_total{path=\"/a\"} 2\n"
    "vfswatch_file_read_calls_total{path=\"/b\"} 1\n"
    "vfswatch_file_read_calls_total{path=\"/c\"} 1\n"
    "# HELP vfswatch_file_read_errors_total Read calls of this file that failed; only present "
    "where not 0.\n"
    "# TYPE vfswatch_file_read_errors_total counter\n"
    "vfswatch_file_read_errors_total{path=\"/b\"} 3\n"
    "# HELP vfswatch_file_read_eofs_total Read calls of this file that asked for bytes and got "
    "none; only present where not 0.\n"
    "# TYPE vfswatch_file_read_eofs_total counter\n"
    "vfswatch_file_read_eofs_total{path=\"/a\"} 4\n";

TEST(ScrapeStream, GroupsFamiliesAndWritesIntegersExactly) {
    EXPECT_EQ(text_of({"# HELP x y\nx 1\n", three_rows()}, 1 << 16), kThreeRowsPage);
}

TEST(ScrapeStream, GivesTheSamePageInPiecesOfAnySize) {
    for (std::size_t chunk_bytes = 1; chunk_bytes < 300; ++chunk_bytes) {
        ASSERT_EQ(text_of({"# HELP x y\nx 1\n", three_rows()}, chunk_bytes), kThreeRowsPage)
            << chunk_bytes;
    }
}

TEST(ScrapeStream, FillsEachPieceToTheEnd) {
    ScrapeStream stream = stream_of({"", three_rows()});
    std::vector<char> chunk(100);
    EXPECT_EQ(stream.read(chunk.data(), chunk.size()), chunk.size());
    EXPECT_EQ(stream.read(chunk.data(), chunk.size()), chunk.size());
}

TEST(ScrapeStream, IsThePreambleAloneWithoutSeries) {
    ScrapeStream stream = stream_of({"x 1\n", {}});
    std::array<char, 100> text{};
    EXPECT_EQ(stream.read(text.data(), text.size()), 4U);
    EXPECT_STREQ(text.data(), "x 1\n");
    EXPECT_EQ(stream.read(text.data(), text.size()), 0U);
}

TEST(ScrapeStream, HasNoFamilyThatHasNoSample) {
    const std::string page = text_of({"", {make_row("{}", {0, 1, 0, 0})}});
    EXPECT_THAT(page, HasSubstr("vfswatch_file_read_bytes_total{} 0\n"));
    EXPECT_THAT(page, Not(HasSubstr("file_read_errors")));
    EXPECT_THAT(page, Not(HasSubstr("file_read_eofs")));
}

SelfMetrics full_self() {
    SelfMetrics self;
    self.build = {"0.1.0", "abc", "gcc", "1.1", "6.1"};
    self.probes = {{"accounting", "vfs_read", "lsm", true}};
    self.missed = {{"exit", "vfs_read", 0}};
    self.maps = {{"sums", 1, 2, 3}};
    self.dropped = {{"name_ring_full", 0}};
    self.snippets.emplace_back();
    self.web_config_last_reload_successful = true;
    self.last_scrape_duration_seconds = 0.5;
    self.process = {1, 2, 3, 4, 5, 6, 7};
    return self;
}

ReadSnapshot full_snapshot() {
    ReadSnapshot snapshot = make_snapshot({make_sum(1, 1, 1, {10, 2, 1, 1})}, {{1, "/a", false}});
    snapshot.errnos = {{0, 5, 1}};
    snapshot.unattributed = {{"task_table_full", {}}};
    return snapshot;
}

TEST(Exposition, ShowsExactlyTheCataloguesFamiliesOnceEach) {
    Exposition exposition({{"db", {}, "", "", true}}, kLimits);
    std::istringstream page(text_of(exposition.scrape(full_snapshot(), full_self(), kStart)));
    std::multiset<std::string> shown;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("# TYPE ")) shown.insert(line.substr(7));
    }
    std::multiset<std::string> catalogue;
    for (const Metric& entry : kCatalogue) {
        catalogue.insert(std::string(entry.name) + ' ' + std::string(kind_name(entry.kind)));
    }
    EXPECT_EQ(shown, catalogue);
}

TEST(Exposition, AddsUpOverScrapes) {
    Exposition exposition({{"db", {}, "", ""}}, kLimits);
    static_cast<void>(exposition.scrape(full_snapshot(), full_self(), kStart));
    SeriesPage first =
        exposition.scrape(make_snapshot({make_sum(1, 1, 1, {15, 3, 1, 1})}), full_self(), kStart);
    SeriesPage second =
        exposition.scrape(make_snapshot({make_sum(1, 1, 1, {16, 4, 1, 1})}), full_self(), kStart);
    const std::string line = "\nvfswatch_file_read_bytes_total{target=\"db\",path=\"/a\"} ";
    const std::string total = "\nvfswatch_target_read_bytes_total{target=\"db\"} ";
    const std::string page = text_of(std::move(first));
    EXPECT_THAT(page, HasSubstr(line + "15\n"));
    EXPECT_THAT(page, HasSubstr(total + "15\n"));
    EXPECT_THAT(text_of(std::move(second)), HasSubstr(line + "16\n"));
}

/// A page is read while the next scrapes are made, and its series come and go.
TEST(Exposition, GivesPagesThatAreReadBesideScrapes) {
    Exposition exposition({{"db", {}, "", ""}}, kLimits);
    static_cast<void>(exposition.scrape(full_snapshot(), full_self(), kStart));
    std::mutex one_at_a_time;
    const auto scrape = [&](std::uint64_t bytes) {
        const std::lock_guard lock(one_at_a_time);
        return exposition.scrape(make_snapshot({make_sum(1, 1, 1, {bytes, 2, 1, 1})}), full_self(),
                                 kStart);
    };
    const auto scrape_often = [&](std::uint64_t first_bytes) {
        for (std::uint64_t bytes = first_bytes; bytes < first_bytes + 200; ++bytes)
            text_of(scrape(bytes), 512);
    };
    std::thread other([&] { scrape_often(100); });
    scrape_often(1000);
    other.join();
    EXPECT_THAT(text_of(exposition.scrape(make_snapshot({}), full_self(), kStart)),
                HasSubstr("{target=\"db\",path=\"/a\"} 1199\n"));
}

TEST(Exposition, GivesAPageThatOutlivesIt) {
    auto exposition =
        std::make_unique<Exposition>(std::vector<Target>{{"db", {}, "", ""}}, kLimits);
    SeriesPage page = exposition->scrape(full_snapshot(), full_self(), kStart);
    exposition.reset();
    EXPECT_THAT(text_of(std::move(page), 64), HasSubstr("{target=\"db\",path=\"/a\"} 10\n"));
}

/// Three targets of which each has one file, errors, durations, overflow and snippets.
SeriesPage page_of_three(const TargetChoice& choice) {
    Exposition exposition(
        {{"a", {}, "", "", true}, {"b", {}, "", "", true}, {"ab", {}, "", "", true}}, kLimits);
    ReadSnapshot snapshot =
        make_snapshot({make_sum(1, 1, 1, {10, 1, 1, 1}), make_sum(2, 2, 2, {20, 2, 1, 1}),
                       make_sum(3, 4, 3, {30, 3, 1, 1})},
                      {{1, "/1", false}, {2, "/2", false}, {3, "/3", false}});
    snapshot.errnos = {{0, 5, 1}, {1, 5, 1}, {2, 5, 1}};
    snapshot.overflow = {{1, 1, 0, 0}, {2, 1, 0, 0}, {3, 1, 0, 0}};
    SelfMetrics self = full_self();
    self.snippets.resize(3);
    for (std::uint32_t target = 0; target < 3; ++target)
        self.snippets[target].target = target;
    return exposition.scrape(snapshot, self, kStart, choice);
}

/// The targets that a page's samples name, and how many samples name none.
std::pair<std::multiset<std::string>, int> targets_in(const std::string& text) {
    std::multiset<std::string> targets;
    int others = 0;
    std::istringstream page(text);
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("#")) continue;
        const std::size_t at = line.find("target=\"");
        if (at == std::string::npos)
            ++others;
        else
            targets.insert(line.substr(at + 8, line.find('"', at + 8) - at - 8));
    }
    return {targets, others};
}

TEST(Exposition, ShowsTheChosenTargetsAlone) {
    const auto [all, all_others] = targets_in(text_of(page_of_three({})));
    EXPECT_GT(all.count("a"), 30U);
    EXPECT_EQ(all.count("a"), all.count("b"));
    EXPECT_EQ(all.count("a"), all.count("ab"));
    const auto [one, one_others] = targets_in(text_of(page_of_three(TargetChoice({"a"}))));
    EXPECT_EQ(one.count("a"), all.count("a"));
    EXPECT_EQ(one.size(), one.count("a"));
    // What is of no target is of all of them.
    EXPECT_EQ(one_others, all_others);
    const auto [two, two_others] =
        targets_in(text_of(page_of_three(TargetChoice({"ab", "b", "ab"}))));
    EXPECT_EQ(two.count("a"), 0U);
    EXPECT_EQ(two.count("b") + two.count("ab"), two.size());
    EXPECT_EQ(two.size(), 2 * one.size());
    EXPECT_EQ(two_others, all_others);
}

TEST(Exposition, LeavesOutFamiliesThatNoChosenTargetHas) {
    Exposition exposition({{"a", {}, "", "", true}, {"b", {}, "", "", false}}, kLimits);
    ReadSnapshot snapshot = make_snapshot({make_sum(1, 1, 1, {10, 2, 1, 1})}, {{1, "/a", false}});
    snapshot.errnos = {{0, 5, 1}};
    SeriesPage page = exposition.scrape(snapshot, full_self(), kStart, TargetChoice({"b"}));
    EXPECT_EQ(page.rows.size(), 0U);
    const std::string text = text_of(std::move(page));
    for (const char* family :
         {"vfswatch_file_read", "target_read_errors", "read_duration", "vfswatch_snippets"})
        EXPECT_THAT(text, Not(HasSubstr(family)));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_target_read_bytes_total{target=\"b\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("\nvfswatch_series 1\n"));
}

/// What a page of some targets adds to the table is there for the page of others.
TEST(Exposition, CountsForAllTargetsWhicheverAreShown) {
    Exposition exposition({{"a", {}, "", ""}, {"b", {}, "", ""}}, kLimits);
    static_cast<void>(
        exposition.scrape(make_snapshot({make_sum(1, 3, 1, {10, 1, 0, 0})}, {{1, "/f", false}}),
                          full_self(), kStart, TargetChoice({"a"})));
    const std::string text =
        text_of(exposition.scrape(make_snapshot({make_sum(1, 3, 1, {12, 2, 0, 0})}), full_self(),
                                  kStart, TargetChoice({"b"})));
    EXPECT_THAT(text, HasSubstr("vfswatch_file_read_bytes_total{target=\"b\",path=\"/f\"} 12\n"));
}

}  // namespace
}  // namespace vfswatchd
