// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "http/body.h"
#include "kernel/probes.h"
#include "metrics/collector.h"

namespace vfswatchd {

/// Attached probes and the series that are made of what they count: the daemon's main job.
/// Thread: any; the loop drains names while HTTP threads scrape.
class Watch {
  public:
    /// Owns attached probes.
    Watch(Probes probes, const Config& config);

    /// The page of this moment.
    /// Errors: the kernel's counts could not be read.
    [[nodiscard]] Result<std::unique_ptr<BodySource>> scrape();

    /// Makes room in the ring buffer of names.
    void drain_names();
    [[nodiscard]] int name_ring_fd();

    [[nodiscard]] std::vector<AttachedProbe> attached();
    [[nodiscard]] ProbeMethods methods();
    [[nodiscard]] KernelDrops drops();

    /// Counts on by other methods; a scrape meanwhile waits.
    /// Errors: nothing has changed.
    [[nodiscard]] Result<void> move_to(ProbeMethods methods);

  private:
    [[nodiscard]] SelfMetrics self_metrics();

    std::mutex mutex_;  ///< over probes_ and what the last scrape took
    Probes probes_;
    Exposition exposition_;
    const BuildInfo build_;
    const double started_at_seconds_;
    std::optional<double> last_scrape_seconds_;
};

}  // namespace vfswatchd
