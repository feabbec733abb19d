// SPDX-License-Identifier: Apache-2.0
#include "service/snippet_flow.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "journal/entry.h"
#include "kernel/snippet_record.h"

namespace vfswatchd {
namespace {

/// Between two explanations of the same target's faults.
constexpr std::chrono::minutes kFaultPause{1};

}  // namespace

void SnippetFlow::Sampling::follow(std::size_t place, unsigned bit, const TargetConfig& config) {
    target = place;
    mask = mask_of(bit);
    const bool same_rate = form && form->rules.rate == config.snippets->rate;
    form = std::make_shared<const SnippetForm>(SnippetForm{config.name, *config.snippets});
    if (!same_rate) limit = RateLimit(form->rules.rate);
}

SnippetFlow::SnippetFlow(const Config& config, JournalWriter::Send send)
    : writer_(JournalWriter::kDefaultCapacity, std::move(send)) {
    TargetBits bits(config.targets.size());
    std::iota(bits.begin(), bits.end(), 0U);
    change_targets(config, bits);
}

void SnippetFlow::change_targets(const Config& config, const TargetBits& bits) {
    std::vector<std::unique_ptr<Sampling>> samplings;
    sampling_targets_ = 0;
    for (std::size_t i = 0; i < config.targets.size(); i++) {
        if (!config.targets[i].snippets) continue;
        auto sampling = take_sampling(config.targets[i].name);
        sampling->follow(i, bits[i], config.targets[i]);
        sampling_targets_ |= sampling->mask;
        samplings.push_back(std::move(sampling));
    }
    samplings_ = std::move(samplings);
    const std::uint32_t per_second = config.limits.snippets_per_second;
    if (std::exchange(per_second_, per_second) != per_second)
        limit_ = RateLimit({per_second, std::chrono::seconds(1)});
}

bool SnippetFlow::samples(const std::string& target) const {
    return std::any_of(samplings_.begin(), samplings_.end(),
                       [&](const auto& sampling) { return sampling->form->target == target; });
}

/// That of the target before, or a new one.
std::unique_ptr<SnippetFlow::Sampling> SnippetFlow::take_sampling(const std::string& target) {
    for (auto& sampling : samplings_)
        if (sampling && sampling->form->target == target) return std::exchange(sampling, nullptr);
    return std::make_unique<Sampling>();
}

void SnippetFlow::take(std::span<const std::byte> record) {
    const auto snippet = decode_snippet(record);
    if (!snippet || (snippet->targets & ~sampling_targets_) != 0) {
        malformed_++;
        return;
    }
    for (const auto& sampling : samplings_)
        if ((snippet->targets & sampling->mask) != 0) settle(*snippet, *sampling);
}

void SnippetFlow::settle(const Snippet& snippet, Sampling& sampling) {
    if (snippet.fault != 0) {
        sampling.faults++;
        tell_fault(snippet, sampling);
    } else if (!sampling.limit.has_room(snippet.time) || !limit_.has_room(snippet.time)) {
        sampling.rate_limited++;
    } else {
        sampling.limit.note(snippet.time);
        limit_.note(snippet.time);
        write(snippet, sampling);
    }
}

void SnippetFlow::write(const Snippet& snippet, Sampling& sampling) {
    // Regular expressions take their time, and what the queue has no room for is not worth it.
    const auto compose = [snippet, form = sampling.form] {
        return snippet_fields(snippet, form->target, form->rules);
    };
    if (!writer_.push({sampling.sent, compose})) sampling.queue_full++;
}

void SnippetFlow::tell_fault(const Snippet& snippet, Sampling& sampling) {
    if (snippet.time < sampling.next_fault_told) return;
    sampling.next_fault_told = snippet.time + kFaultPause;
    writer_.push_notice(fault_fields(snippet, sampling.form->target, sampling.faults));
}

std::vector<SnippetCounts> SnippetFlow::counts() const {
    std::vector<SnippetCounts> counts;
    for (const auto& sampling : samplings_) {
        SnippetCounts& row = counts.emplace_back();
        row.target = sampling->target;
        row.set(SnippetOutcome::kRateLimited, sampling->rate_limited);
        row.set(SnippetOutcome::kQueueFull, sampling->queue_full);
        row.set(SnippetOutcome::kFault, sampling->faults);
        row.set(SnippetOutcome::kWritten, sampling->sent->written);
        row.set(SnippetOutcome::kJournalError, sampling->sent->errors);
    }
    return counts;
}

}  // namespace vfswatchd
