// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-journal.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/logged_snippet.h"

namespace vfswatchd {

/// The sampled reads in this machine's journal, from the oldest to the newest.
/// Errors: negative errnos of libsystemd; a read entry that is malformed is the entry's own.
/// Thread: the one that opened it.
/// Source: sd_journal_open(3), sd_journal_get_fd(3).
class SnippetLog {
  public:
    /// Before the first of these targets' entries; of all targets', where none is named.
    /// An empty name stands for the default journal namespace.
    /// Errors: EACCES: there is a journal that may not be read. No journal: an empty log.
    [[nodiscard]] static Result<SnippetLog> open(const std::string& journal_namespace,
                                                 const std::vector<std::string>& targets);

    /// Before the last `count` of the entries that there are; at most INT_MAX.
    [[nodiscard]] Result<void> seek_last(std::uint64_t count);

    /// Goes to the next entry; false: none is there yet.
    [[nodiscard]] Result<bool> next();

    /// When the journal got the entry, since 1970 in UTC.
    [[nodiscard]] Result<std::chrono::microseconds> time() const;

    /// The entry that next() went to.
    [[nodiscard]] Result<LoggedSnippet> snippet() const;

    /// Waits until there may be more, or nobody reads what is written to `output` any more: false.
    [[nodiscard]] Result<bool> wait(int output);

  private:
    struct Close {
        void operator()(sd_journal* journal) const { sd_journal_close(journal); }
    };

    explicit SnippetLog(sd_journal* journal) : journal_(journal) {}

    std::unique_ptr<sd_journal, Close> journal_;
    bool at_entry_ = false;  ///< next() has nothing to do: seek_last() went there already
};

}  // namespace vfswatchd
