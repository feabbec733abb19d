// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/config.h"
#include "journal/rate_limit.h"
#include "journal/writer.h"
#include "model/snippet.h"

namespace vfswatchd {

/// How a target's entries look.
struct SnippetForm {
    std::string target;
    SnippetRules rules;
};

/// The way of sampled reads from the kernel's ring to the journal: checked, held to their rates,
/// written as entries. A sample has exactly one outcome for each target whose it is.
/// Thread: the loop, but for what only reads counts.
class SnippetFlow {
  public:
    explicit SnippetFlow(const Config& config, JournalWriter::Send send = send_to_journal);

    /// One record of the ring. Never waits.
    void take(std::span<const std::byte> record);

    /// Of the targets that sample: what was counted here. What the kernel counted is to be added,
    /// and read later, so that no sample has an outcome before it was taken.
    /// Thread: any.
    [[nodiscard]] std::vector<SnippetCounts> counts() const;

    /// Records that were no snippets: nothing was written of them.
    /// Thread: any.
    [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

  private:
    /// A target that samples.
    struct Sampling {
        Sampling(std::size_t target, const TargetConfig& config);

        std::size_t target;
        std::shared_ptr<const SnippetForm> form;  ///< the writer's too, which may outlive this
        RateLimit limit;
        std::chrono::nanoseconds next_fault_told{0};
        std::atomic<std::uint64_t> rate_limited{0};
        std::atomic<std::uint64_t> queue_full{0};
        std::atomic<std::uint64_t> faults{0};
    };

    void settle(const Snippet& snippet, Sampling& sampling);
    void write(const Snippet& snippet, Sampling& sampling);
    void tell_fault(const Snippet& snippet, Sampling& sampling);

    std::vector<std::unique_ptr<Sampling>> samplings_;
    TargetMask sampling_targets_ = 0;
    RateLimit limit_;  ///< over all targets
    JournalWriter writer_;
    std::atomic<std::uint64_t> malformed_{0};
};

}  // namespace vfswatchd
