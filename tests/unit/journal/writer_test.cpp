// SPDX-License-Identifier: Apache-2.0
#include "journal/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Fields = std::vector<std::string>;
using testing::ElementsAre;

// Far above a loaded machine's pauses.
constexpr auto kSoon = 20s;

void wait_until(const std::function<bool()>& reached) {
    const auto deadline = Clock::now() + kSoon;
    while (!reached() && Clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    ASSERT_TRUE(reached());
}

/// Takes entries as journald does: it can be stopped, and entries can fail. Outlives the writer
/// for as long as a thread of that is in it.
class Journald {
  public:
    bool take(const Fields& fields) {
        std::unique_lock lock(mutex_);
        ++asked_;
        changed_.wait(lock, [this] { return !stopped_; });
        taken_.push_back(fields.front());
        return works_;
    }
    void stop() { set(stopped_, true); }
    void go_on() { set(stopped_, false); }
    void fail() { set(works_, false); }

    [[nodiscard]] std::size_t asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    [[nodiscard]] std::vector<std::string> taken() const {
        const std::lock_guard lock(mutex_);
        return taken_;
    }

  private:
    void set(bool& state, bool value) {
        const std::lock_guard lock(mutex_);
        state = value;
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopped_ = false;
    bool works_ = true;
    std::size_t asked_ = 0;
    std::vector<std::string> taken_;
};

using Tally = std::shared_ptr<JournalTally>;

Tally new_tally() {
    return std::make_shared<JournalTally>();
}

JournalEntry entry(const Tally& tally, const Fields& fields) {
    return {tally, [fields] { return fields; }};
}

struct JournalWriting : testing::Test {
    std::shared_ptr<Journald> journald = std::make_shared<Journald>();
    std::vector<Tally> tallies = {new_tally(), new_tally()};
    JournalWriter::Send send = [to = journald](const Fields& fields) { return to->take(fields); };
};

TEST_F(JournalWriting, SendsInOrderAndCountsByTarget) {
    JournalWriter writer(8, send);
    EXPECT_TRUE(writer.push(entry(tallies[0], {"A"})));
    EXPECT_TRUE(writer.push(entry(tallies[1], {"B"})));
    EXPECT_TRUE(writer.push(entry(tallies[1], {"C"})));
    wait_until([&] { return tallies[1]->written == 2; });
    EXPECT_EQ(tallies[0]->written, 1U);
    EXPECT_EQ(tallies[0]->errors + tallies[1]->errors, 0U);
    EXPECT_THAT(journald->taken(), ElementsAre("A", "B", "C"));
}

TEST_F(JournalWriting, CountsWhatJournaldDoesNotTake) {
    journald->fail();
    JournalWriter writer(8, send);
    EXPECT_TRUE(writer.push(entry(tallies[1], {"A"})));
    EXPECT_TRUE(writer.push(entry(tallies[1], {"B"})));
    wait_until([&] { return tallies[1]->errors == 2; });
    EXPECT_EQ(tallies[1]->written + tallies[0]->written + tallies[0]->errors, 0U);
}

TEST_F(JournalWriting, RefusesWhatDoesNotFitWhileJournaldStalls) {
    journald->stop();
    JournalWriter writer(2, send);
    EXPECT_TRUE(writer.push(entry(tallies[0], {"A"})));
    wait_until([&] { return journald->asked() == 1; });  // on its way, not in the queue
    EXPECT_TRUE(writer.push(entry(tallies[0], {"B"})));
    EXPECT_TRUE(writer.push(entry(tallies[0], {"C"})));
    EXPECT_FALSE(writer.push(entry(tallies[0], {"D"})));
    EXPECT_FALSE(writer.push(entry(tallies[0], {"E"})));
    EXPECT_EQ(tallies[0]->written, 0U);  // only what journald has
    journald->go_on();
    wait_until([&] { return tallies[0]->written == 3; });
    EXPECT_TRUE(writer.push(entry(tallies[0], {"F"})));
    wait_until([&] { return tallies[0]->written == 4; });
    EXPECT_EQ(tallies[0]->errors, 0U);
    EXPECT_THAT(journald->taken(), ElementsAre("A", "B", "C", "F"));
}

TEST_F(JournalWriting, CountsNoNotices) {
    JournalWriter writer(8, send);
    writer.push_notice({"N"});
    EXPECT_TRUE(writer.push(entry(tallies[0], {"A"})));
    wait_until([&] { return tallies[0]->written == 1; });
    journald->fail();
    writer.push_notice({"N"});
    EXPECT_TRUE(writer.push(entry(tallies[0], {"B"})));
    wait_until([&] { return tallies[0]->errors == 1; });
    EXPECT_EQ(tallies[0]->written, 1U);
    EXPECT_THAT(journald->taken(), ElementsAre("N", "A", "N", "B"));
}

TEST_F(JournalWriting, LosesNoticesThatDoNotFit) {
    journald->stop();
    JournalWriter writer(1, send);
    writer.push_notice({"N1"});
    wait_until([&] { return journald->asked() == 1; });
    writer.push_notice({"N2"});
    writer.push_notice({"N3"});
    EXPECT_FALSE(writer.push(entry(tallies[0], {"A"})));
    journald->go_on();
    wait_until([&] { return journald->taken().size() == 2; });
    EXPECT_TRUE(writer.push(entry(tallies[0], {"B"})));
    wait_until([&] { return tallies[0]->written == 1; });
    EXPECT_THAT(journald->taken(), ElementsAre("N1", "N2", "B"));
}

TEST_F(JournalWriting, SendsWhatIsLeftBeforeItEnds) {
    {
        JournalWriter writer(16, [this](const Fields& fields) {
            std::this_thread::sleep_for(1ms);
            return send(fields);
        });
        for (int i = 0; i < 16; ++i)
            EXPECT_TRUE(writer.push(entry(tallies[0], {"A"})));
    }
    EXPECT_EQ(journald->taken().size(), 16U);
}

TEST_F(JournalWriting, EndsAtOnceWithNothingToSend) {
    const auto start = Clock::now();
    {
        const JournalWriter writer(8, [](const Fields&) { return true; });
    }
    EXPECT_LT(Clock::now() - start, 900ms);
}

TEST_F(JournalWriting, DoesNotWaitForAJournaldThatStalls) {
    journald->stop();
    const auto start = Clock::now();
    {
        JournalWriter writer(8, send);
        EXPECT_TRUE(writer.push(entry(tallies[0], {"A"})));
        EXPECT_TRUE(writer.push(entry(tallies[0], {"B"})));
        EXPECT_TRUE(writer.push(entry(tallies[0], {"C"})));
        wait_until([&] { return journald->asked() == 1; });
    }
    EXPECT_GE(Clock::now() - start, 1s);
    EXPECT_LT(Clock::now() - start, kSoon);
    // The thread that was left behind ends with the entry that it is at.
    journald->go_on();
    wait_until([&] { return journald.use_count() == 2; });
    EXPECT_THAT(journald->taken(), ElementsAre("A"));
}

TEST_F(JournalWriting, SendsFromAThreadThatTakesNoSignals) {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    sigset_t mask;
    sigemptyset(&mask);
    {
        JournalWriter writer(1, [&mask](const Fields&) {
            pthread_sigmask(SIG_SETMASK, nullptr, &mask);
            return true;
        });
        EXPECT_TRUE(writer.push(entry(tallies[0], {"A"})));
    }
    EXPECT_EQ(sigismember(&mask, SIGTERM), 1);
    EXPECT_EQ(sigismember(&mask, SIGHUP), 1);
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

TEST_F(JournalWriting, CountsEachEntryOnceWhoeverPushes) {
    constexpr std::size_t kThreads = 4;
    constexpr int kEntries = 500;
    std::atomic<int> number = 0;
    JournalWriter writer(16, [&number](const Fields&) { return ++number % 3 != 0; });
    std::vector<std::uint64_t> accepted(kThreads);
    std::vector<Tally> sent;
    for (std::size_t target = 0; target < kThreads; ++target)
        sent.push_back(new_tally());
    std::vector<std::thread> threads;
    for (std::size_t target = 0; target < kThreads; ++target) {
        threads.emplace_back([&, target] {
            for (int i = 0; i < kEntries; ++i) {
                accepted[target] += std::uint64_t{writer.push(entry(sent[target], {"A"}))};
                writer.push_notice({"N"});
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (std::size_t target = 0; target < kThreads; ++target) {
        wait_until(
            [&] { return sent[target]->written + sent[target]->errors == accepted[target]; });
    }
    EXPECT_GT(std::accumulate(accepted.begin(), accepted.end(), std::uint64_t{0}), 0U);
}

}  // namespace
}  // namespace vfswatchd
