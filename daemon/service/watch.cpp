// SPDX-License-Identifier: Apache-2.0
#include "service/watch.h"

#include <algorithm>
#include <utility>

#include "kernel/platform.h"
#include "policy/lower.h"

namespace vfswatchd {
namespace {

/// What the HTTP server sends is what the exposition writes.
class ScrapeBody : public BodySource {
  public:
    explicit ScrapeBody(std::unique_ptr<ScrapeStream> stream) : stream_(std::move(stream)) {}
    std::size_t read(char* buffer, std::size_t capacity) override {
        return stream_->read(buffer, capacity);
    }

  private:
    std::unique_ptr<ScrapeStream> stream_;
};

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

Watch::Watch(Probes probes, const Config& config)
    : probes_(std::move(probes)),
      exposition_(describe_targets(config),
                  {config.limits.max_series, config.limits.idle_series_timeout}),
      build_(build_info()),
      started_at_seconds_(unix_seconds()),
      reclaim_pause_(pause_between_looks(config.limits.idle_series_timeout)),
      sums_limit_(config.limits.max_files) {
    if (probes_.snippets() != nullptr) snippets_.emplace(config);
}

Result<std::unique_ptr<BodySource>> Watch::scrape() {
    const auto begin = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    auto snapshot = probes_.books().read();
    if (!snapshot) return fail(snapshot.error().within("scrape"));
    auto stream = exposition_.scrape(*snapshot, self_metrics(), begin);
    last_scrape_seconds_ =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::make_unique<ScrapeBody>(std::move(stream));
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
    if (SnippetRing* ring = probes_.snippets())
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

Result<void> Watch::move_to(ProbeMethods methods) {
    const std::lock_guard lock(mutex_);
    return probes_.move_to(methods);
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
    self.paths_resolved = probes_.books().paths_resolved();
    self.config_last_reload_success_timestamp_seconds = started_at_seconds_;
    self.last_scrape_duration_seconds = last_scrape_seconds_;
    self.process = read_process_metrics();
    return self;
}

std::vector<SnippetCounts> Watch::snippet_counts() {
    if (!snippets_) return {};
    std::vector<SnippetCounts> counts = snippets_->counts();
    const std::vector<KernelSamples> kernel = probes_.books().samples();
    for (SnippetCounts& row : counts) {
        const KernelSamples& samples = kernel.at(row.target);
        row.taken = samples.taken;
        row.set(SnippetOutcome::kRingFull, samples.ring_full);
        row.set(SnippetOutcome::kRateLimited,
                row.of(SnippetOutcome::kRateLimited) + samples.rate_limited);
    }
    return counts;
}

}  // namespace vfswatchd
