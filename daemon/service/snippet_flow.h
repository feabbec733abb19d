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
    /// The targets have the bits of their places.
    explicit SnippetFlow(const Config& config, JournalWriter::Send send = send_to_journal);

    /// From here on records are of these targets. One that sampled before goes on with its counts.
    /// Not while another thread reads counts.
    void change_targets(const Config& config, const TargetBits& bits);

    /// Does it have counts of this target?
    [[nodiscard]] bool samples(const std::string& target) const;

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
        /// Goes by the target's rules from here on.
        void follow(std::size_t place, unsigned bit, const TargetConfig& config);

        std::size_t target = 0;
        TargetMask mask = 0;
        std::shared_ptr<const SnippetForm> form;  ///< the writer's too, which may outlive this
        RateLimit limit{SnippetRate{}};
        std::chrono::nanoseconds next_fault_told{0};
        std::shared_ptr<JournalTally> sent = std::make_shared<JournalTally>();
        std::atomic<std::uint64_t> rate_limited{0};
        std::atomic<std::uint64_t> queue_full{0};
        std::atomic<std::uint64_t> faults{0};
    };

    void settle(const Snippet& snippet, Sampling& sampling);
    void write(const Snippet& snippet, Sampling& sampling);
    void tell_fault(const Snippet& snippet, Sampling& sampling);

    [[nodiscard]] std::unique_ptr<Sampling> take_sampling(const std::string& target);

    std::vector<std::unique_ptr<Sampling>> samplings_;
    TargetMask sampling_targets_ = 0;
    std::uint32_t per_second_ = 0;
    RateLimit limit_{SnippetRate{}};  ///< over all targets
    JournalWriter writer_;
    std::atomic<std::uint64_t> malformed_{0};
};

}  // namespace vfswatchd
