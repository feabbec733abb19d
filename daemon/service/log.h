// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "journal/writer.h"
#include "service/log_level.h"

namespace vfswatchd {

/// The daemon's own log: to the journal with PRIORITY and CODE_FUNC where stderr is the journal's,
/// else to stderr. Nobody waits for a journald that stalls: lines that find no place then are lost,
/// and the next one that does says how many. Thread: any.
class Log {
  public:
    explicit Log(LogLevel level);

    // The default argument is the caller's name: both compilers have the builtin, clang 14 has no
    // std::source_location.
    void error(const std::string& text, const char* function = __builtin_FUNCTION()) const;
    void warning(const std::string& text, const char* function = __builtin_FUNCTION()) const;
    void notice(const std::string& text, const char* function = __builtin_FUNCTION()) const;
    void info(const std::string& text, const char* function = __builtin_FUNCTION()) const;

    /// Waits a moment until journald has what was logged.
    void flush() const;

  private:
    void write(LogLevel level, const std::string& text, const char* function) const;

    LogLevel level_;
    struct Journal {
        JournalWriter writer;
        std::atomic<std::uint64_t> lost{0};
    };

    void send(LogLevel level, const std::string& text, const char* function) const;

    std::shared_ptr<Journal> journal_;  ///< nullptr: stderr is not the journal's
};

}  // namespace vfswatchd
