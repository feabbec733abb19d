// SPDX-License-Identifier: Apache-2.0
// A table that was saved and loaded goes on as the one that saved it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "metrics/series_table.h"
#include "metrics/table_metrics.h"
#include "tests/unit/metrics/snapshots.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

constexpr SeriesLimits kLimits = {6, 10s};
const SeriesTable::TimePoint kStart{1h};

std::vector<Target> targets() {
    Target labelled{"labelled", {}, "", ""};
    labelled.labels.cgroup = true;
    labelled.labels.pid = true;
    return {Target{"plain", {}, "", "", true}, labelled};
}

SeriesTable new_table() {
    return {targets(), kLimits};
}

std::string saved(const SeriesTable& table) {
    ByteWriter writer;
    table.save(writer);
    return writer.bytes();
}

SeriesTable loaded(const std::string& bytes) {
    SeriesTable table = new_table();
    ByteReader reader(bytes);
    EXPECT_TRUE(table.load(reader));
    EXPECT_TRUE(reader.finished());
    table.change_targets(targets(), {0, 1}, kLimits, {});
    return table;
}

/// All that a page shows of a table.
std::vector<std::string> page_of(const SeriesTable& table) {
    std::vector<std::string> lines = series_of(table);
    lines.push_back(render_table_metrics(table));
    return lines;
}

ReadSnapshot first_snapshot() {
    ReadSnapshot snapshot = make_snapshot({make_sum(1, 0b01, 11, {100, 3, 1, 1}),
                                           make_sum(4, 0b10, 12, {7, 1, 0, 0}, {42, 0, "", 0, 9})},
                                          {{11, "/a", true}, {12, "/b\xff", false, true}});
    snapshot.new_cgroups = {{9, "/x.slice"}};
    snapshot.errnos = {{0, 5, 2}};
    snapshot.unattributed = {{"task_table_full", {5, 6, 0, 0}}};
    snapshot.overflow = {{1, 2, 0, 0}, {3, 4, 0, 0}};
    snapshot.durations.resize(2);
    snapshot.durations[0].buckets[3] = 8;
    snapshot.durations[0].sum_ns = 12345;
    return snapshot;
}

TEST(SeriesState, IsWholeWhenLoaded) {
    SeriesTable table = new_table();
    table.apply(first_snapshot(), kStart);
    const SeriesTable next = loaded(saved(table));
    EXPECT_EQ(page_of(next), page_of(table));
    EXPECT_EQ(next.known_paths(), table.known_paths());
    EXPECT_EQ(saved(next).size(), saved(table).size());
}

TEST(SeriesState, GoesOnWithWhatSumsHaveGrownSince) {
    SeriesTable table = new_table();
    table.apply(make_snapshot({make_sum(1, 0b01, 11, {100, 3, 0, 0})}, {{11, "/a", false}}),
                kStart);
    const std::string state = saved(table);
    table.apply(make_snapshot({make_sum(1, 0b01, 11, {150, 4, 0, 0})}), kStart + 1s);
    SeriesTable next = loaded(state);
    next.apply(make_snapshot({make_sum(1, 0b01, 11, {170, 5, 0, 0})}), kStart + 2s);
    EXPECT_THAT(series_of(next), ElementsAre(R"({target="plain",path="/a"} 170/5/0/0)"));
    EXPECT_EQ(next.books()[0].total.bytes, 170U);
}

TEST(SeriesState, KeepsWhatRetiredSumsCameTo) {
    SeriesTable table = new_table();
    table.apply(make_snapshot({make_sum(1, 0b01, 11, {100, 3, 0, 0})}, {{11, "/a", false}}),
                kStart);
    table.retire(make_sum(1, 0b01, 11, {101, 4, 0, 0}), kStart + 1s);
    SeriesTable next = loaded(saved(table));
    EXPECT_FALSE(next.knows_sum(1));
    // Another sum has the id now.
    next.apply(make_snapshot({make_sum(1, 0b01, 11, {9, 1, 0, 0})}, {{11, "/a", false}}),
               kStart + 2s);
    EXPECT_THAT(series_of(next), ElementsAre(R"({target="plain",path="/a"} 110/5/0/0)"));
}

TEST(SeriesState, KnowsWhenASeriesGrewLast) {
    SeriesTable table = new_table();
    table.apply(make_snapshot({make_sum(1, 0b01, 11, {100, 3, 0, 0})}, {{11, "/a", false}}),
                kStart);
    SeriesTable next = loaded(saved(table));
    const auto snapshot = make_snapshot({make_sum(1, 0b01, 11, {100, 3, 0, 0})});
    next.apply(snapshot, kStart + 10s - 1ns);
    EXPECT_EQ(next.series_count(), 1U);
    EXPECT_THAT(next.idle_sums(kStart + 10s), ElementsAre(1U));
    next.apply(snapshot, kStart + 10s);
    EXPECT_EQ(next.series_count(), 0U);
}

TEST(SeriesState, ThatIsCutAnywhereIsOfNoUse) {
    SeriesTable table = new_table();
    table.apply(first_snapshot(), kStart);
    const std::string state = saved(table);
    for (std::size_t bytes = 0; bytes < state.size(); bytes++) {
        SeriesTable next = new_table();
        ByteReader reader(std::string_view(state).substr(0, bytes));
        EXPECT_FALSE(next.load(reader) && reader.finished()) << bytes;
    }
}

TEST(SeriesState, GoesOnWithOtherTargets) {
    SeriesTable table = new_table();
    table.apply(first_snapshot(), kStart);
    SeriesTable next = new_table();
    const std::string state = saved(table);
    ByteReader whole(state);
    ASSERT_TRUE(next.load(whole));
    next.change_targets({Target{"new", {}, "", ""}, Target{"plain", {}, "", "", true}}, {2, 0},
                        kLimits, kStart);
    EXPECT_THAT(series_of(next), ElementsAre(R"({target="plain",path="/a"} 100/3/1/1)"));
    EXPECT_EQ(next.books()[1].errnos.at(5), 2U);
    EXPECT_EQ(next.books()[1].durations.sum_ns, 12345U);
    EXPECT_EQ(next.books()[0].total, ReadCounts{});
}

/// Sums that come, grow, are retired and come again under the same ids.
class RandomKernel {
  public:
    explicit RandomKernel(unsigned seed) : random_(seed) {}

    /// Retires a sum in each of these tables now and then.
    ReadSnapshot step(std::initializer_list<SeriesTable*> tables, SeriesTable::TimePoint now) {
        ReadSnapshot snapshot;
        for (std::uint32_t id = 1; id < sums_.size(); id++) {
            ReadSum& sum = sums_[id];
            if (sum.id == 0 && draw(3) == 0) announce(id, snapshot);
            if (sum.id != 0 && draw(2) == 0) grow(sum);
        }
        for (const ReadSum& sum : sums_)
            if (sum.id != 0) snapshot.sums.push_back(sum);
        retired_ = draw(4) == 0 ? retire(tables, now) : 0;
        std::erase_if(snapshot.sums, [this](const ReadSum& sum) { return sum.id == retired_; });
        return snapshot;
    }

  private:
    unsigned draw(unsigned below) {
        return std::uniform_int_distribution<unsigned>(0, below - 1)(random_);
    }
    void grow(ReadSum& sum) {
        sum.counts.bytes += draw(100);
        sum.counts.calls += 1;
    }
    void announce(std::uint32_t id, ReadSnapshot& snapshot) {
        const std::uint64_t path = 1 + draw(8);
        sums_[id] = make_sum(id, 1 + draw(3), path, {1, 1, 0, 0}, {draw(2), 0, "", 0, 0});
        snapshot.new_names.push_back({path, "/" + std::to_string(path), false});
    }
    std::uint32_t retire(std::initializer_list<SeriesTable*> tables, SeriesTable::TimePoint now) {
        const std::uint32_t id = 1 + draw(static_cast<unsigned>(sums_.size()) - 1);
        for (SeriesTable* table : tables)
            if (!table->knows_sum(id) || sums_[id].id == 0) return 0;
        for (SeriesTable* table : tables)
            table->retire(sums_[id], now);
        sums_[id] = {};
        return id;
    }

    std::mt19937 random_;
    std::vector<ReadSum> sums_ = std::vector<ReadSum>(8);
    std::uint32_t retired_ = 0;
};

TEST(SeriesState, MakesNoDifferenceHoweverOftenItIsLoaded) {
    for (unsigned seed = 0; seed < 200; seed++) {
        RandomKernel kernel(seed);
        SeriesTable steady = new_table();
        SeriesTable restarted = new_table();
        for (int step = 0; step < 60; step++) {
            const auto now = kStart + step * 1s;
            const ReadSnapshot snapshot = kernel.step({&steady, &restarted}, now);
            steady.apply(snapshot, now);
            restarted.apply(snapshot, now);
            ASSERT_EQ(page_of(restarted), page_of(steady)) << "seed " << seed << ", step " << step;
            restarted = loaded(saved(restarted));
        }
    }
}

}  // namespace
}  // namespace vfswatchd
