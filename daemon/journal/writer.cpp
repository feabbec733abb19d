// SPDX-License-Identifier: Apache-2.0
#include "journal/writer.h"

#include <atomic>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/blocked_signals.h"

namespace vfswatchd {
namespace {

// A full queue takes journald some milliseconds; systemd waits 90 seconds for a service to stop.
constexpr std::chrono::seconds kDrainTime{1};

struct Queued {
    std::optional<std::size_t> target;  ///< absent: a notice
    JournalEntry::Compose compose;
};

struct Counts {
    std::atomic<std::uint64_t> written = 0;
    std::atomic<std::uint64_t> errors = 0;
};

}  // namespace

struct JournalWriter::Queue {
    Queue(std::size_t targets, std::size_t most, Send send_function)
        : capacity(most), send(std::move(send_function)), counts(targets) {}

    bool put(Queued entry);
    bool drain(std::chrono::milliseconds most);
    bool stop();  ///< whether all was sent in time

    // The thread's.
    void send_all();
    std::optional<Queued> take();
    void send_one(const Queued& entry);

    const std::size_t capacity;
    const Send send;
    std::vector<Counts> counts;

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Queued> waiting;
    bool sending = false;
    bool stopping = false;
    bool ended = false;  ///< nothing is sent any more
};

JournalWriter::JournalWriter(std::size_t targets, std::size_t capacity, Send send)
    : queue_(std::make_shared<Queue>(targets, capacity, std::move(send))) {
    const BlockedSignals no_signals;
    thread_ = std::thread([queue = queue_] { queue->send_all(); });
}

JournalWriter::~JournalWriter() {
    if (queue_->stop())
        thread_.join();
    else
        thread_.detach();
}

bool JournalWriter::push(JournalEntry entry) {
    assert(entry.target < queue_->counts.size());
    return queue_->put({entry.target, std::move(entry.compose)});
}

bool JournalWriter::push_notice(std::vector<std::string> fields) {
    return queue_->put({std::nullopt, [fields = std::move(fields)] { return fields; }});
}

bool JournalWriter::drain(std::chrono::milliseconds most) const {
    return queue_->drain(most);
}

std::uint64_t JournalWriter::written(std::size_t target) const {
    return queue_->counts[target].written;
}

std::uint64_t JournalWriter::journal_errors(std::size_t target) const {
    return queue_->counts[target].errors;
}

bool JournalWriter::Queue::put(Queued entry) {
    {
        const std::lock_guard lock(mutex);
        if (waiting.size() >= capacity) return false;
        waiting.push_back(std::move(entry));
    }
    changed.notify_all();
    return true;
}

bool JournalWriter::Queue::drain(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, most, [this] { return waiting.empty() && !sending; });
}

bool JournalWriter::Queue::stop() {
    std::unique_lock lock(mutex);
    stopping = true;
    changed.notify_all();
    const bool in_time = changed.wait_for(lock, kDrainTime, [this] { return ended; });
    // Should journald come back, the rest would be nobody's.
    waiting.clear();
    return in_time;
}

void JournalWriter::Queue::send_all() {
    while (const auto entry = take())
        send_one(*entry);
}

std::optional<Queued> JournalWriter::Queue::take() {
    std::unique_lock lock(mutex);
    if (std::exchange(sending, false)) changed.notify_all();
    changed.wait(lock, [this] { return stopping || !waiting.empty(); });
    if (waiting.empty()) {
        ended = true;
        changed.notify_all();
        return std::nullopt;
    }
    Queued entry = std::move(waiting.front());
    waiting.pop_front();
    sending = true;
    return entry;
}

void JournalWriter::Queue::send_one(const Queued& entry) {
    const bool sent = send(entry.compose());
    if (!entry.target) return;
    Counts& counted = counts[*entry.target];
    ++(sent ? counted.written : counted.errors);
}

}  // namespace vfswatchd
