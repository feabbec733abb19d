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
#include "policy/identity.h"
#include "service/keeper.h"
#include "service/snippet_flow.h"

namespace vfswatchd {

/// Attached probes and the series that are made of what they count: the daemon's main job.
/// Thread: any; the loop drains names while HTTP threads scrape.
class Watch {
  public:
    /// Owns attached probes.
    Watch(Probes probes, const Config& config);

    /// Goes on with what another process counted: its probes are adopted already.
    /// False: what was saved is not whole, and this watch is of no use.
    [[nodiscard]] bool restore(ByteReader& saved, Keeper& keeper);

    /// From here on all of it outlives this process. `keeper` outlives this. `identity`: as the
    /// saved state is to begin. Errors: it does not, and everything else goes on.
    [[nodiscard]] Result<void> keep_in(Keeper& keeper, Identity identity);

    /// For vfswatch_state_resets_total.
    void note_resets(const StateResets& resets) { resets_ = resets; }

    /// Saves what has changed since the last time, if anything has.
    [[nodiscard]] Result<void> save();

    /// The page of this moment.
    /// Errors: the kernel's counts could not be read.
    [[nodiscard]] Result<std::unique_ptr<BodySource>> scrape();

    /// Gives back sums that nobody read for the idle timeout. Waits some milliseconds for running
    /// programs; a scrape does not wait for that.
    /// Errors: it could not, and nothing was lost by it.
    [[nodiscard]] Result<void> reclaim();

    /// For when the kernel skipped a probe at a change of paths: they are read again.
    void forget_paths();

    /// Takes sampled reads out of the kernel, on their way to the journal. Never waits.
    void drain_snippets();
    /// -1: nothing is sampled.
    [[nodiscard]] int snippet_ring_fd();

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
    using TimePoint = std::chrono::steady_clock::time_point;

    [[nodiscard]] bool catch_up();
    [[nodiscard]] std::string state();
    [[nodiscard]] Result<void> keep_all();
    [[nodiscard]] Result<void> save_changes();
    [[nodiscard]] Result<void> save_now();
    [[nodiscard]] SelfMetrics self_metrics();
    [[nodiscard]] std::vector<SnippetCounts> snippet_counts();
    [[nodiscard]] bool reclaim_is_due(TimePoint now);
    [[nodiscard]] Result<std::vector<std::uint32_t>> retire_idle_sums(TimePoint now);

    Keeper* keeper_ = nullptr;  ///< nullptr: nothing is kept
    Identity identity_;
    StateResets resets_;
    std::uint64_t saved_changes_ = 0;  ///< as the series' table counts them
    std::mutex mutex_;                 ///< over probes_ and what the last scrape took
    Probes probes_;
    Exposition exposition_;
    std::optional<SnippetFlow> snippets_;  ///< absent: no target asks
    const BuildInfo build_;
    const double started_at_seconds_;
    std::optional<double> last_scrape_seconds_;
    const std::chrono::steady_clock::duration reclaim_pause_;
    const std::uint64_t sums_limit_;
    std::chrono::steady_clock::time_point looked_for_idle_at_;
};

}  // namespace vfswatchd
