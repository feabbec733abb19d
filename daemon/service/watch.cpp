// SPDX-License-Identifier: Apache-2.0
#include "service/watch.h"

#include <algorithm>
#include <utility>

#include "kernel/platform.h"
#include "policy/lower.h"
#include "service/counts_page.h"

namespace vfswatchd {
namespace {

double unix_seconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

/// Between two looks at who is idle; a part of the timeout, and seldom enough to cost nothing.
std::chrono::steady_clock::duration pause_between_looks(
    std::chrono::steady_clock::duration timeout) {
    return std::min<std::chrono::steady_clock::duration>(timeout / 8, std::chrono::minutes(1));
}

BuildInfo build_info() {
    return {.version = VFSWATCHD_VERSION,
            .revision = VFSWATCHD_REVISION,
            .compiler = VFSWATCHD_COMPILER,
            .libbpf = libbpf_version(),
            .kernel = read_platform().release};
}

}  // namespace

Watch::Watch(Probes probes, const Config& config, KeptHead head)
    : head_(std::move(head)),
      probes_(std::move(probes)),
      exposition_({}, {}),
      build_(build_info()),
      configured_at_seconds_(unix_seconds()) {
    follow_config(config, head_.roster);
}

void Watch::follow_config(const Config& config, const Roster& roster) {
    const Limits& limits = config.limits;
    exposition_.table().change_targets(describe_targets(config), roster.bits(),
                                       {limits.max_series, limits.idle_series_timeout},
                                       std::chrono::steady_clock::now());
    reclaim_pause_ = pause_between_looks(limits.idle_series_timeout);
    sums_limit_ = limits.max_files;
    // Who is no more leaves soon.
    looked_for_idle_at_ = {};
    follow_snippets(config, roster);
}

void Watch::follow_snippets(const Config& config, const Roster& roster) {
    if (probes_.snippets() == nullptr) return;
    if (!snippets_) snippets_.emplace(config);
    snippets_->change_targets(config, roster.bits());
}

Result<std::shared_ptr<const ScrapePage>> Watch::scrape(const TargetChoice& choice) {
    const auto begin = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    auto snapshot = probes_.books().read();
    if (!snapshot) return fail(snapshot.error().within("scrape"));
    SeriesPage page = exposition_.scrape(*snapshot, self_metrics(), begin, choice);
    // Before it is shown which files have a series of their own, and which have left theirs: the
    // next process keeps to that. An error is told by the save of each second.
    (void)save_changes();
    last_scrape_seconds_ =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return share_page(std::move(page), exposition_.table().series_count());
}

bool Watch::has_target(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const std::vector<Target>& targets = exposition_.table().targets();
    return std::any_of(targets.begin(), targets.end(),
                       [&](const Target& target) { return target.name == name; });
}

bool Watch::reclaim_is_due(TimePoint now) {
    // Where room runs short each second counts.
    return now - looked_for_idle_at_ >= reclaim_pause_ ||
           probes_.books().sums().in_use() >= sums_limit_ / 2;
}

Result<void> Watch::reclaim() {
    auto retired = retire_idle_sums(std::chrono::steady_clock::now());
    if (!retired) return fail(retired.error());
    Sums& sums = probes_.books().sums();
    // A scrape goes on meanwhile.
    const auto waited = retired->empty() ? Result<void>{} : sums.wait_for_programs();
    const std::lock_guard lock(mutex_);
    // Without it nobody knows who holds them: they live on.
    if (!waited) {
        sums.revive(*retired);
        return fail(waited.error());
    }
    for (const ReadSum& sum : sums.drain(*retired))
        exposition_.table().retire(sum, std::chrono::steady_clock::now());
    // What they came to is known here alone from then on.
    if (!retired->empty())
        if (auto done = save_now(); !done) return done;
    return sums.free_drained();
}

Result<std::vector<std::uint32_t>> Watch::retire_idle_sums(TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (!reclaim_is_due(now)) return std::vector<std::uint32_t>{};
    looked_for_idle_at_ = now;
    const auto snapshot = probes_.books().read();
    if (!snapshot) return fail(snapshot.error());
    SeriesTable& table = exposition_.table();
    table.apply(*snapshot, now);
    return probes_.books().sums().retire(table.idle_sums(now));
}

void Watch::forget_paths() {
    const std::lock_guard lock(mutex_);
    probes_.forget_paths();
}

void Watch::drain_snippets() {
    // Without the mutex: the loop must not wait for a scrape.
    take_snippets();
}

/// Whether some may be left.
bool Watch::take_snippets() {
    SnippetRing* ring = probes_.snippets();
    return ring != nullptr &&
           ring->drain([this](std::span<const std::byte> record) { snippets_->take(record); });
}

int Watch::snippet_ring_fd() {
    const SnippetRing* ring = probes_.snippets();
    return ring != nullptr ? ring->fd() : -1;
}

void Watch::drain_names() {
    // Without the mutex: the loop must not wait for a scrape.
    probes_.books().drain_names();
}

int Watch::name_ring_fd() {
    return probes_.books().name_ring_fd();
}

std::vector<AttachedProbe> Watch::attached() {
    const std::lock_guard lock(mutex_);
    return probes_.attached();
}

ProbeMethods Watch::methods() {
    const std::lock_guard lock(mutex_);
    return probes_.methods();
}

KernelDrops Watch::drops() {
    const std::lock_guard lock(mutex_);
    return probes_.books().drops();
}

Overview Watch::overview() {
    const std::lock_guard lock(mutex_);
    SeriesTable& table = exposition_.table();
    // Where the counts cannot be read, a scrape says so; here they are as they were.
    if (const auto snapshot = probes_.books().read())
        table.apply(*snapshot, std::chrono::steady_clock::now());
    const std::vector<std::size_t> series = table.series_of_targets();
    Overview overview{true, {}, probes_.attached(), table.series_count(), table.series_limit()};
    for (std::size_t i = 0; i < table.targets().size(); ++i) {
        const TargetBooks& books = table.books()[i];
        overview.targets.push_back({table.targets()[i], books.total, books.overflow(), series[i]});
    }
    return overview;
}

void Watch::note_reload(bool successful) {
    const std::lock_guard lock(mutex_);
    reload_successful_ = successful;
    if (successful) configured_at_seconds_ = unix_seconds();
}

void Watch::note_web_config(std::optional<bool> successful) {
    const std::lock_guard lock(mutex_);
    web_config_successful_ = successful;
}

SelfMetrics Watch::self_metrics() {
    SelfMetrics self;
    self.build = build_;
    for (const AttachedProbe& probe : probes_.attached()) {
        const char* role = role_name(probe.role);
        self.probes.push_back({role, probe.function, std::string(probe.method), probe.attached});
        self.missed.push_back({role, probe.function, probe.missed});
    }
    for (const MapInfo& map : probes_.maps())
        self.maps.push_back({map.name, map.entries, map.capacity, map.memory_bytes});
    const KernelDrops drops = probes_.books().drops();
    self.dropped = {{"name_ring_full", drops.name_ring_full},
                    {"residue_torn", drops.residue_torn},
                    {"child_unfollowed", drops.children_unfollowed},
                    {"snippet_malformed", snippets_ ? snippets_->malformed() : 0}};
    self.snippets = snippet_counts();
    self.state_resets = resets_;
    self.paths_resolved = probes_.books().paths_resolved();
    self.config_last_reload_successful = reload_successful_;
    self.web_config_last_reload_successful = web_config_successful_;
    self.config_last_reload_success_timestamp_seconds = configured_at_seconds_;
    self.last_scrape_duration_seconds = last_scrape_seconds_;
    self.process = read_process_metrics();
    return self;
}

std::vector<SnippetCounts> Watch::snippet_counts() {
    if (!snippets_) return {};
    std::vector<SnippetCounts> counts = snippets_->counts();
    const std::vector<KernelSamples> kernel = probes_.books().samples();
    for (SnippetCounts& row : counts) {
        const KernelSamples& samples = kernel.at(head_.roster.bits().at(row.target));
        row.taken = samples.taken;
        row.set(SnippetOutcome::kRingFull, samples.ring_full);
        row.set(SnippetOutcome::kRateLimited,
                row.of(SnippetOutcome::kRateLimited) + samples.rate_limited);
    }
    return counts;
}

}  // namespace vfswatchd
