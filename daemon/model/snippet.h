// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/redaction.h"
#include "model/target.h"

namespace vfswatchd {

/// How a snippet's bytes are written in a journal entry.
enum class SnippetEncoding {
    kText,  ///< C-style escapes
    kHex,
    kBase64,
};

struct SnippetEncodingWord {
    std::string_view word;  ///< in the config and in entries
    SnippetEncoding encoding;
};

inline constexpr std::array<SnippetEncodingWord, 3> kSnippetEncodings = {{
    {"text", SnippetEncoding::kText},
    {"hex", SnippetEncoding::kHex},
    {"base64", SnippetEncoding::kBase64},
}};

/// At most `count` in any stretch of time as long as `per`.
struct SnippetRate {
    std::uint32_t count = 10;
    std::chrono::seconds per{1};

    friend bool operator==(const SnippetRate&, const SnippetRate&) = default;
};

/// What a target copies of its reads.
struct SnippetRules {
    std::uint32_t max_bytes = 40;
    std::uint32_t one_in = 100;  ///< of its reads that return bytes, this many for one sample
    SnippetRate rate;
    SnippetEncoding encoding = SnippetEncoding::kText;
    Redaction redact;
    bool allow_sensitive = false;  ///< lifts the built-in deny list
};

/// A sampled read, as the kernel handed it over.
struct Snippet {
    TargetMask targets = 0;            ///< whose sample it is
    std::chrono::nanoseconds time{0};  ///< CLOCK_MONOTONIC, when the read ended
    std::string path;  ///< raw bytes; empty: it could not be read, as a rename raced
    std::optional<std::uint64_t> offset;  ///< before the read; absent: the file has none
    std::uint64_t bytes = 0;              ///< that the read returned
    std::uint64_t requested = 0;
    std::uint32_t pid = 0;
    std::uint32_t tid = 0;
    std::uint32_t uid = 0;
    std::string comm;  ///< of the process, raw bytes
    int fault = 0;     ///< positive errno of the copy; then there is no data
    std::string data;  ///< the first bytes that the reader got
};

/// What the kernel did with one target's samples.
struct KernelSamples {
    std::uint64_t taken = 0;  ///< all of them, whatever became of them
    std::uint64_t rate_limited = 0;
    std::uint64_t ring_full = 0;
};

/// What becomes of a sample: each has one outcome for each of its targets.
enum class SnippetOutcome { kWritten, kRateLimited, kRingFull, kQueueFull, kFault, kJournalError };

struct SnippetOutcomeWord {
    std::string_view word;  ///< the label `outcome`
    SnippetOutcome outcome;
};

inline constexpr std::array<SnippetOutcomeWord, 6> kSnippetOutcomes = {{
    {"written", SnippetOutcome::kWritten},
    {"rate_limited", SnippetOutcome::kRateLimited},
    {"ring_full", SnippetOutcome::kRingFull},
    {"queue_full", SnippetOutcome::kQueueFull},
    {"fault", SnippetOutcome::kFault},
    {"journal_error", SnippetOutcome::kJournalError},
}};

/// What has become of one target's samples. Those that are on their way have no outcome yet.
struct SnippetCounts {
    std::size_t target = 0;  ///< its place in the config
    std::uint64_t taken = 0;
    std::array<std::uint64_t, kSnippetOutcomes.size()> outcomes{};  ///< in the order of the words

    [[nodiscard]] std::uint64_t of(SnippetOutcome outcome) const {
        return outcomes.at(static_cast<std::size_t>(outcome));
    }
    void set(SnippetOutcome outcome, std::uint64_t count) {
        outcomes.at(static_cast<std::size_t>(outcome)) = count;
    }
};

}  // namespace vfswatchd
