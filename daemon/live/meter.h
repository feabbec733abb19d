// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "live/history.h"

namespace vfswatchd {

/// What was read between two pages of one endpoint.
struct Interval {
    double seconds = 0;           ///< > 0
    std::vector<Growth> files;    ///< of the series of files, those that grew
    std::vector<Growth> targets;  ///< of whole targets: what no file was charged with, too
    ReadCounts overflow;          ///< counted, but under no file of its own
    std::size_t series = 0;       ///< of files, that the later page has
    std::size_t target_count = 0;
    bool restarted = false;  ///< by another process than the page before: most growth is unknown
};

/// Reads one page after the other, a piece at a time, and says what was read between them.
/// Lines of metrics that it does not need are skipped by their names.
/// A page is read as: begin(), take()..., then finish() or abandon().
class Meter {
  public:
    using Clock = std::chrono::steady_clock;

    Meter();

    void begin();
    /// Errors: no exposition, with the number of the line. The page is to be abandoned then.
    Result<void> take(std::string_view piece);
    /// `time`: the page was made then. nullopt: it is the first one, or no time has passed.
    /// Errors: as take(); no metric of vfswatchd in it. The page is abandoned then.
    Result<std::optional<Interval>> finish(Clock::time_point time);
    void abandon();

  private:
    /// Of what a metric counts the reads.
    enum class Subject { kFile, kTarget, kTargetError, kOverflow };
    struct Family {
        std::string_view name;  ///< behind the prefix that all have
        Subject subject;
        std::uint64_t ReadCounts::*field;
    };
    static const Family* family_of(std::string_view name);

    History& history_of(Subject subject);
    Result<void> take_line(std::string_view line);
    Result<void> take_sample(std::string_view line);
    Result<void> take_start(std::string_view value);
    [[nodiscard]] bool restarted() const;

    History files_;
    History targets_;
    History target_errors_;  ///< by errno too
    History overflow_;
    std::string rest_;  ///< a line whose end has not come yet
    std::size_t line_ = 0;
    bool ours_ = false;                 ///< there was a metric of vfswatchd's
    std::optional<double> start_;       ///< of the process whose page is being read, in Unix time
    std::optional<double> last_start_;  ///< of the last whole page's
    std::optional<Clock::time_point> last_time_;
};

}  // namespace vfswatchd
