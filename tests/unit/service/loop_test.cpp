// SPDX-License-Identifier: Apache-2.0
#include "service/loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "base/unique_fd.h"

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;
using SourcePtr = std::unique_ptr<Loop::Source>;

/// A loop, and a pipe for it to look at.
class LoopTest : public testing::Test {
  protected:
    LoopTest() : loop_(std::move(Loop::create([] {}).value())) {
        std::array<int, 2> ends{};
        EXPECT_EQ(pipe(ends.data()), 0);
        reader_.reset(ends[0]);
        writer_.reset(ends[1]);
    }

    void put() const { EXPECT_EQ(write(writer_.get(), "x", 1), 1); }
    void take() const {
        char byte = 0;
        EXPECT_EQ(read(reader_.get(), &byte, 1), 1);
    }
    /// Of run().
    static void end() { EXPECT_EQ(raise(SIGTERM), 0); }
    void run_for(std::chrono::milliseconds time) {
        const auto timer = loop_->after(time, end);
        EXPECT_TRUE(loop_->run().has_value());
    }

    std::unique_ptr<Loop> loop_;
    UniqueFd reader_;
    UniqueFd writer_;
};

TEST_F(LoopTest, WatchesADescriptorUntilTheSourceEnds) {
    int calls = 0;
    SourcePtr source;
    source = std::move(loop_
                           ->watch_while(reader_.get(), EPOLLIN,
                                         [&] {
                                             take();
                                             if (++calls == 2) source.reset();
                                             put();
                                         })
                           .value());
    put();
    run_for(50ms);
    EXPECT_EQ(calls, 2);
}

TEST_F(LoopTest, LetsASourceEndInItsOwnFunction) {
    std::string seen;
    SourcePtr watch;
    SourcePtr timer;
    const std::string text(100, 'x');
    watch = std::move(loop_
                          ->watch_while(reader_.get(), EPOLLIN,
                                        [&, text] {
                                            watch.reset();
                                            seen += text;
                                        })
                          .value());
    timer = std::move(loop_
                          ->after(1ms,
                                  [&, text] {
                                      timer.reset();
                                      seen += text;
                                  })
                          .value());
    put();
    run_for(50ms);
    EXPECT_EQ(seen, text + text);
}

TEST_F(LoopTest, LooksOnlyAtWhatIsWanted) {
    int calls = 0;
    const auto source = loop_->watch_while(reader_.get(), EPOLLIN, [&] {
        take();
        calls++;
    });
    ASSERT_TRUE((*source)->want(0).has_value());
    put();
    const auto again = loop_->after(20ms, [&] {
        EXPECT_EQ(calls, 0);
        EXPECT_TRUE((*source)->want(EPOLLIN).has_value());
    });
    run_for(60ms);
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, RunsATimerOnceUnlessItEndsBefore) {
    int calls = 0;
    int ended = 0;
    const auto timer = loop_->after(1ms, [&] { calls++; });
    auto other = loop_->after(10ms, [&] { ended++; });
    other->reset();
    run_for(60ms);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace vfswatchd
