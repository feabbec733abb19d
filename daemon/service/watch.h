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
#include "http/scrape_page.h"
#include "kernel/probes.h"
#include "metrics/collector.h"
#include "policy/foundation.h"
#include "policy/roster.h"
#include "service/keeper.h"
#include "service/kept_head.h"
#include "service/page.h"
#include "service/pinned_state.h"
#include "service/snippet_flow.h"

namespace vfswatchd {

/// Attached probes and the series that are made of what they count: the daemon's main job.
/// Thread: any; the loop drains names while HTTP threads scrape.
class Watch {
  public:
    /// Owns attached probes, which decide by the configuration and the roster's bits.
    Watch(Probes probes, const Config& config, KeptHead head);

    /// Goes on with what another process counted: its books are adopted already. `saved` is behind
    /// what is of the probes, `names` were announced since. `keeper`, where there is one, has kept
    /// all that, and outlives this.
    /// False: what was saved is not whole, and this watch is of no use.
    [[nodiscard]] bool restore(ByteReader& saved, const std::vector<std::string>& names,
                               Keeper* keeper);

    /// From here on all of it outlives this process. `keeper` outlives this.
    /// Errors: it does not, and everything else goes on.
    [[nodiscard]] Result<void> keep_in(Keeper& keeper);
    /// From here on nothing does.
    void keep_no_more();
    [[nodiscard]] bool is_kept();

    /// Could all of it be left to a process that comes later? Errors: why not.
    [[nodiscard]] Result<void> check_can_be_left();
    /// Leaves it; nothing of this may be shown any more but what was before.
    /// Errors: nothing is left, and all of it ends with this.
    [[nodiscard]] Result<void> leave_in(const PinnedState& pinned);

    /// Ends what counted before this process did; behind keep_in(), or a kill in between would
    /// leave nobody who counts.
    [[nodiscard]] Result<void> let_earlier_go();

    /// Counts on by another configuration, `filter` being what it is lowered to: targets that stay
    /// keep their counts and series, and each read belongs to the configuration of its start. A
    /// scrape waits for the moment of the change. Returns what falls short of it all the same.
    /// Errors: nothing has changed.
    [[nodiscard]] Result<std::vector<std::string>> reload(const Config& config,
                                                          const Filter& filter);

    [[nodiscard]] const Foundation& foundation() const { return head_.foundation; }

    /// For vfswatch_config_last_reload_*.
    void note_reload(bool successful);
    /// For vfswatch_web_config_last_reload_successful; absent: there is no such file.
    void note_web_config(std::optional<bool> successful);

    /// For vfswatch_state_resets_total.
    void note_resets(const StateResets& resets) { resets_ = resets; }

    /// Saves what has changed since the last time, if anything has.
    [[nodiscard]] Result<void> save();

    /// The page of this moment, of the chosen targets.
    /// Errors: the kernel's counts could not be read.
    [[nodiscard]] Result<std::shared_ptr<const ScrapePage>> scrape(const TargetChoice& choice);
    [[nodiscard]] bool has_target(const std::string& name);

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

    /// What the page at / shows of this moment.
    [[nodiscard]] Overview overview();

    /// Counts on by other methods; a scrape waits for the moment of the change.
    /// Errors: they do not count, or what counted before is not known to have ended.
    [[nodiscard]] Result<void> move_to(ProbeMethods methods);

  private:
    using TimePoint = std::chrono::steady_clock::time_point;

    [[nodiscard]] bool catch_up();
    [[nodiscard]] std::string state();
    void keep_names_in(Keeper& keeper);
    [[nodiscard]] Result<void> check_can_be_followed() const;
    [[nodiscard]] Result<void> keep_all();
    [[nodiscard]] Result<void> let_earlier_go_when_kept();
    [[nodiscard]] Result<void> end_earlier();
    [[nodiscard]] Result<void> prepare_books(const Roster& next);
    [[nodiscard]] std::vector<std::string> settle();
    void stop_keeping();
    bool take_snippets();
    void move_samples(const Config& config, const Roster& next);
    void follow_config(const Config& config, const Roster& roster);
    void follow_snippets(const Config& config, const Roster& roster);
    [[nodiscard]] Result<void> save_changes();
    [[nodiscard]] Result<void> save_now();
    [[nodiscard]] SelfMetrics self_metrics();
    [[nodiscard]] std::vector<SnippetCounts> snippet_counts();
    [[nodiscard]] bool reclaim_is_due(TimePoint now);
    [[nodiscard]] Result<std::vector<std::uint32_t>> retire_idle_sums(TimePoint now);

    Keeper* keeper_ = nullptr;  ///< nullptr: nothing is kept
    KeptHead head_;             ///< as the saved state begins
    StateResets resets_;
    std::uint64_t saved_changes_ = 0;  ///< as the series' table counts them
    std::mutex mutex_;                 ///< over probes_ and what the last scrape took
    Probes probes_;
    Exposition exposition_;
    std::optional<SnippetFlow> snippets_;  ///< absent: no target has asked
    const BuildInfo build_;
    bool reload_successful_ = true;
    std::optional<bool> web_config_successful_;
    double configured_at_seconds_;
    std::optional<double> last_scrape_seconds_;
    std::chrono::steady_clock::duration reclaim_pause_{};
    std::uint64_t sums_limit_ = 0;
    std::chrono::steady_clock::time_point looked_for_idle_at_;
};

}  // namespace vfswatchd
