// SPDX-License-Identifier: Apache-2.0
#include "journal/writer.h"

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

}  // namespace

struct JournalWriter::Queue {
    Queue(std::size_t most, Send send_function) : capacity(most), send(std::move(send_function)) {}

    bool put(JournalEntry entry);
    bool drain(std::chrono::milliseconds most);
    bool stop();  ///< whether all was sent in time

    // The thread's.
    void send_all();
    std::optional<JournalEntry> take();
    void send_one(const JournalEntry& entry);

    const std::size_t capacity;
    const Send send;

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<JournalEntry> waiting;
    bool sending = false;
    bool stopping = false;
    bool ended = false;  ///< nothing is sent any more
};

JournalWriter::JournalWriter(std::size_t capacity, Send send)
    : queue_(std::make_shared<Queue>(capacity, std::move(send))) {
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
    return queue_->put(std::move(entry));
}

bool JournalWriter::push_notice(std::vector<std::string> fields) {
    return queue_->put({nullptr, [fields = std::move(fields)] { return fields; }});
}

bool JournalWriter::drain(std::chrono::milliseconds most) const {
    return queue_->drain(most);
}

bool JournalWriter::Queue::put(JournalEntry entry) {
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

std::optional<JournalEntry> JournalWriter::Queue::take() {
    std::unique_lock lock(mutex);
    if (std::exchange(sending, false)) changed.notify_all();
    changed.wait(lock, [this] { return stopping || !waiting.empty(); });
    if (waiting.empty()) {
        ended = true;
        changed.notify_all();
        return std::nullopt;
    }
    JournalEntry entry = std::move(waiting.front());
    waiting.pop_front();
    sending = true;
    return entry;
}

void JournalWriter::Queue::send_one(const JournalEntry& entry) {
    const bool sent = send(entry.compose());
    if (entry.tally) ++(sent ? entry.tally->written : entry.tally->errors);
}

}  // namespace vfswatchd
