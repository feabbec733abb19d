// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vfswatchd {

/// A kprobe or kretprobe that tracefs made, and the perf event that a program is attached to.
/// The kernel forgets it when this is destroyed; what a killed daemon left goes at the next make().
/// Why tracefs: it alone lets a kretprobe keep 4096 returns in flight; the default of some dozens
/// sees nothing while that many readers are blocked.
/// Source: Documentation/trace/kprobetrace.rst, perf_event_open(2).
class TracefsProbe {
  public:
    enum class Kind { kEntry, kReturn };

    /// Errors: EACCES without CAP_SYS_ADMIN; ENOENT without tracefs or the function.
    [[nodiscard]] static Result<TracefsProbe> make(Kind kind, const std::string& function);

    TracefsProbe(TracefsProbe&& other) noexcept;
    TracefsProbe& operator=(TracefsProbe&& other) noexcept = delete;
    ~TracefsProbe();

    [[nodiscard]] int event() const { return event_.get(); }

    /// Somebody else closes the event from here on.
    void release_event() { (void)event_.release(); }

    /// Calls that the kernel skipped. Source: the third column of kprobe_profile.
    [[nodiscard]] std::uint64_t missed() const;

  private:
    explicit TracefsProbe(std::string name) : name_(std::move(name)) {}

    std::string name_;  ///< empty: moved from
    UniqueFd event_;
};

}  // namespace vfswatchd
