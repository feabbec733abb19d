// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/log_level.h"

namespace vfswatchd {

/// The daemon's own log: to the journal with PRIORITY and CODE_FUNC where stderr is the journal's,
/// else to stderr.
/// Thread: any.
class Log {
  public:
    explicit Log(LogLevel level);

    // The default argument is the caller's name: both compilers have the builtin, clang 14 has no
    // std::source_location.
    void error(const std::string& text, const char* function = __builtin_FUNCTION()) const;
    void warning(const std::string& text, const char* function = __builtin_FUNCTION()) const;
    void notice(const std::string& text, const char* function = __builtin_FUNCTION()) const;
    void info(const std::string& text, const char* function = __builtin_FUNCTION()) const;

  private:
    void write(LogLevel level, const std::string& text, const char* function) const;

    LogLevel level_;
    bool to_journal_;
};

}  // namespace vfswatchd
