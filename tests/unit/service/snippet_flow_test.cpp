// SPDX-License-Identifier: Apache-2.0
#include "service/snippet_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bpf/vfswatch_abi.h"

namespace vfswatchd {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr std::string_view kPath = "/srv/a";

Config config_of(std::vector<std::optional<SnippetRules>> rules) {
    Config config;
    for (const auto& of_target : rules) {
        TargetConfig& target = config.targets.emplace_back();
        target.name = "t" + std::to_string(config.targets.size() - 1);
        target.snippets = of_target;
    }
    return config;
}

SnippetRules rules_with(std::uint32_t max_bytes, SnippetRate rate) {
    SnippetRules rules;
    rules.max_bytes = max_bytes;
    rules.rate = rate;
    return rules;
}

/// A record as the kernel writes it.
std::string record(TargetMask targets, std::string_view data, std::chrono::nanoseconds time = 1s,
                   std::uint32_t fault = 0) {
    vfswatch_snippet head{};
    head.time_ns = static_cast<__u64>(time.count());
    head.targets = targets;
    head.bytes = 100;
    head.path_bytes = static_cast<__u32>(kPath.size());
    head.data_bytes = static_cast<__u32>(data.size());
    head.fault = fault;
    return std::string(reinterpret_cast<const char*>(&head), sizeof(head)) + std::string(kPath) +
           std::string(data);
}

/// A journald that may stall.
class Journal {
  public:
    bool take(const std::vector<std::string>& fields) {
        std::unique_lock lock(mutex_);
        moved_.wait(lock, [this] { return !stalled_; });
        entries_.push_back(fields);
        return works_;
    }
    void stall(bool stalled) {
        const std::lock_guard lock(mutex_);
        stalled_ = stalled;
        moved_.notify_all();
    }
    void fail() {
        const std::lock_guard lock(mutex_);
        works_ = false;
    }
    std::vector<std::vector<std::string>> entries() {
        const std::lock_guard lock(mutex_);
        return entries_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable moved_;
    bool stalled_ = false;
    bool works_ = true;
    std::vector<std::vector<std::string>> entries_;
};

class SnippetFlowTest : public testing::Test {
  protected:
    void start(const Config& config) {
        flow_.emplace(config, [this](const auto& fields) { return journal_.take(fields); });
    }
    void take(const std::string& bytes) { flow_->take(std::as_bytes(std::span(bytes))); }

    /// Once everything of these targets has an outcome, or after a long time.
    SnippetCounts counts_of(std::size_t place, std::uint64_t samples) {
        for (int i = 0; i < 1000; i++) {
            const SnippetCounts counts = flow_->counts().at(place);
            std::uint64_t done = 0;
            for (const std::uint64_t count : counts.outcomes)
                done += count;
            if (done == samples) return counts;
            std::this_thread::sleep_for(5ms);
        }
        return flow_->counts().at(place);
    }

    Journal journal_;
    std::optional<SnippetFlow> flow_;
};

TEST_F(SnippetFlowTest, WritesAnEntryForEachTargetByItsRules) {
    start(config_of({rules_with(4, {}), std::nullopt, rules_with(40, {})}));
    take(record(0b101, "abcdefgh"));
    EXPECT_EQ(counts_of(0, 1).of(SnippetOutcome::kWritten), 1U);
    EXPECT_EQ(counts_of(1, 1).of(SnippetOutcome::kWritten), 1U);
    EXPECT_EQ(flow_->counts().at(1).target, 2U);
    ASSERT_THAT(journal_.entries(), SizeIs(2));
    EXPECT_THAT(journal_.entries()[0], Contains("VFSWATCH_TARGET=t0"));
    EXPECT_THAT(journal_.entries()[0], Contains("VFSWATCH_SNIPPET=abcd"));
    EXPECT_THAT(journal_.entries()[1], Contains("VFSWATCH_TARGET=t2"));
    EXPECT_THAT(journal_.entries()[1], Contains("VFSWATCH_SNIPPET=abcdefgh"));
}

TEST_F(SnippetFlowTest, HoldsEachTargetToItsRate) {
    start(config_of({rules_with(40, {2, 1s}), rules_with(40, {10, 1s})}));
    for (int i = 0; i < 5; i++)
        take(record(0b11, "x"));
    const SnippetCounts limited = counts_of(0, 5);
    EXPECT_EQ(limited.of(SnippetOutcome::kWritten), 2U);
    EXPECT_EQ(limited.of(SnippetOutcome::kRateLimited), 3U);
    EXPECT_EQ(counts_of(1, 5).of(SnippetOutcome::kWritten), 5U);
}

TEST_F(SnippetFlowTest, HoldsAllTargetsToTheirCommonRate) {
    Config config = config_of({rules_with(40, {10, 1s}), rules_with(40, {10, 1s})});
    config.limits.snippets_per_second = 3;
    start(config);
    take(record(0b11, "x"));
    take(record(0b11, "x"));
    EXPECT_EQ(counts_of(0, 2).of(SnippetOutcome::kWritten), 2U);
    EXPECT_EQ(counts_of(1, 2).of(SnippetOutcome::kWritten), 1U);
    EXPECT_EQ(counts_of(1, 2).of(SnippetOutcome::kRateLimited), 1U);
    take(record(0b10, "x", 2s));
    EXPECT_EQ(counts_of(1, 3).of(SnippetOutcome::kWritten), 2U);
}

// What one ceiling keeps back uses nothing of the other.
TEST_F(SnippetFlowTest, ASampleOverTheCommonRateLeavesItsTargetsRateAlone) {
    Config config = config_of({rules_with(40, {1, 10s}), rules_with(40, {9, 1s})});
    config.limits.snippets_per_second = 1;
    start(config);
    take(record(0b10, "x", 1s));
    take(record(0b01, "x", 1s));
    take(record(0b01, "x", 2s));
    const SnippetCounts counts = counts_of(0, 2);
    EXPECT_EQ(counts.of(SnippetOutcome::kRateLimited), 1U);
    EXPECT_EQ(counts.of(SnippetOutcome::kWritten), 1U);
}

TEST_F(SnippetFlowTest, CountsWhatAStalledJournalHasNoPlaceFor) {
    Config config = config_of({rules_with(40, {100000, 1s})});
    config.limits.snippets_per_second = 100000;
    start(config);
    journal_.stall(true);
    constexpr std::uint64_t kSamples = 1000;
    for (std::uint64_t i = 0; i < kSamples; i++)
        take(record(1, "x"));
    const std::uint64_t full = flow_->counts().at(0).of(SnippetOutcome::kQueueFull);
    EXPECT_GE(full, kSamples - 257);
    EXPECT_LT(full, kSamples);
    journal_.stall(false);
    const SnippetCounts counts = counts_of(0, kSamples);
    EXPECT_EQ(counts.of(SnippetOutcome::kWritten), kSamples - full);
    EXPECT_EQ(journal_.entries().size(), kSamples - full);
}

TEST_F(SnippetFlowTest, CountsWhatTheJournalRefuses) {
    start(config_of({rules_with(40, {})}));
    journal_.fail();
    take(record(1, "x"));
    EXPECT_EQ(counts_of(0, 1).of(SnippetOutcome::kJournalError), 1U);
}

TEST_F(SnippetFlowTest, ExplainsFaultsOnceAMinuteAndCountsAll) {
    start(config_of({rules_with(40, {})}));
    take(record(1, "", 1s, 14));
    take(record(1, "", 60s, 14));
    take(record(1, "", 61s, 14));
    EXPECT_EQ(counts_of(0, 3).of(SnippetOutcome::kFault), 3U);
    for (int i = 0; i < 1000 && journal_.entries().size() < 2; i++)
        std::this_thread::sleep_for(5ms);
    ASSERT_THAT(journal_.entries(), SizeIs(2));
    EXPECT_THAT(journal_.entries()[0], Contains(HasSubstr("EFAULT")));
}

TEST_F(SnippetFlowTest, TrustsNoRecord) {
    start(config_of({rules_with(40, {}), std::nullopt}));
    take("nonsense");
    take(record(0b10, "x"));
    take(record(0b100, "x"));
    EXPECT_EQ(flow_->malformed(), 3U);
    EXPECT_EQ(counts_of(0, 0).of(SnippetOutcome::kWritten), 0U);
    EXPECT_THAT(journal_.entries(), SizeIs(0));
}

TEST_F(SnippetFlowTest, ATargetThatStaysGoesOnWithItsCountsAndTheRulesOfNow) {
    start(config_of({rules_with(4, {}), rules_with(4, {})}));
    take(record(0b11, "abcdefgh"));
    EXPECT_EQ(counts_of(1, 1).of(SnippetOutcome::kWritten), 1U);
    // t1 alone, at another bit; and one that comes.
    Config config = config_of({rules_with(2, {}), rules_with(2, {})});
    config.targets[0].name = "t1";
    config.targets[1].name = "new";
    flow_->change_targets(config, {1, 5});
    take(record(0b100010, "abcdefgh", 2s));
    EXPECT_EQ(counts_of(0, 2).of(SnippetOutcome::kWritten), 2U);
    EXPECT_EQ(counts_of(1, 1).of(SnippetOutcome::kWritten), 1U);
    EXPECT_THAT(journal_.entries().back(), Contains("VFSWATCH_SNIPPET=ab"));
    // Whose bit is nobody's any more.
    take(record(0b1, "abcdefgh", 3s));
    EXPECT_EQ(flow_->malformed(), 1U);
}

}  // namespace
}  // namespace vfswatchd
