// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "journal/send.h"

namespace vfswatchd {

/// What became of somebody's entries that were sent.
struct JournalTally {
    std::atomic<std::uint64_t> written{0};  ///< journald has them
    std::atomic<std::uint64_t> errors{0};
};

/// An entry on its way to the journal.
struct JournalEntry {
    /// Called in the writer's thread, for that may take long. KEY=VALUE.
    using Compose = std::function<std::vector<std::string>()>;

    std::shared_ptr<JournalTally> tally;  ///< whose it is; nullptr: it is counted nowhere
    Compose compose;
};

/// Composes and sends entries in their order, in a thread of its own behind a bounded queue:
/// journald may stall for ever, and nobody is to wait for it but who asks for that by drain().
/// Thread: any, but for the destructor. None of them waits for journald, but for drain().
class JournalWriter {
  public:
    /// Whether journald has it; may wait for ever, and does not throw.
    using Send = std::function<bool(const std::vector<std::string>& fields)>;

    static constexpr std::size_t kDefaultCapacity = 256;

    /// capacity: entries that wait, beside the one that is being sent.
    explicit JournalWriter(std::size_t capacity = kDefaultCapacity, Send send = send_to_journal);
    JournalWriter(const JournalWriter&) = delete;
    JournalWriter& operator=(const JournalWriter&) = delete;
    /// Gives the queue a second to drain. If journald stalls, what is left is lost, and the thread
    /// is left behind with all that it uses: stopping the service must not wait for journald.
    ~JournalWriter();

    /// False: the queue is full, and the entry is lost. Every other one is counted, once it was
    /// sent: as written where journald has it, else as an error.
    bool push(JournalEntry entry);

    /// An entry that is counted nowhere. False: the queue is full, and it is lost.
    bool push_notice(std::vector<std::string> fields);

    /// Waits until all is sent that was pushed before, at most that long; whether it is.
    bool drain(std::chrono::milliseconds most) const;

  private:
    struct Queue;

    std::shared_ptr<Queue> queue_;  // the thread's too
    std::thread thread_;
};

}  // namespace vfswatchd
