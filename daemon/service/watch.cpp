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
    explicit ScrapeBody(std::shared_ptr<const SeriesPage> page) : stream_(std::move(page)) {}
    std::size_t read(char* buffer, std::size_t capacity) override {
        return stream_.read(buffer, capacity);
    }

  private:
    ScrapeStream stream_;
};

class CountsPage : public ScrapePage {
  public:
    CountsPage(SeriesPage page, std::size_t all_series)
        : page_(std::make_shared<const SeriesPage>(std::move(page))), all_series_(all_series) {}
    [[nodiscard]] std::unique_ptr<BodySource> open() const override {
        return std::make_unique<ScrapeBody>(page_);
    }
    [[nodiscard]] double share() const override {
        if (all_series_ == 0) return 0;
        return static_cast<double>(page_->rows.size()) / static_cast<double>(all_series_);
    }

  private:
    std::shared_ptr<const SeriesPage> page_;
    std::size_t all_series_;
};

/// For each, all of some file's tasks would have to turn within the same milliseconds again.
constexpr int kCatchUpSnapshots = 4;

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

bool Watch::restore(ByteReader& saved, const std::vector<std::string>& names, Keeper* keeper) {
    SeriesTable& table = exposition_.table();
    const std::vector<Target> targets = table.targets();
    const SeriesLimits limits = table.limits();
    if (!table.load(saved) || !saved.finished()) return false;
    table.change_targets(targets, head_.roster.bits(), limits, {});
    Books& books = probes_.books();
    for (const std::string& record : names)
        books.restore_name(std::as_bytes(std::span(record)));
    // From here on: what is taken out of the ring below is in no saved state yet.
    if (keeper != nullptr)
        books.keep_names(
            [keeper](std::span<const std::byte> record) { keeper->keep_name(record); });
    // Half-way back to the kernel: of some the counts were not saved any more.
    for (const ReadSum& sum : books.sums().take_over())
        if (table.knows_sum(sum.id)) table.retire(sum, std::chrono::steady_clock::now());
    return catch_up();
}

/// A snapshot may show less than the process before had published, where a run settled between its
/// halves. The next one shows that.
bool Watch::catch_up() {
    for (int i = 0; i < kCatchUpSnapshots; i++) {
        const auto snapshot = probes_.books().read();
        if (!snapshot) return false;
        exposition_.table().apply(*snapshot, std::chrono::steady_clock::now());
    }
    return true;
}

Result<void> Watch::keep_in(Keeper& keeper) {
    const std::lock_guard lock(mutex_);
    if (!probes_.can_be_followed())
        return fail(plain_error("accounting at the ends of reads cannot be handed over"));
    keeper_ = &keeper;
    auto kept = keep_all();
    if (kept) kept = probes_.books().sums().free_drained();
    if (!kept) {
        stop_keeping();
        return kept;
    }
    probes_.books().keep_names(
        [&keeper](std::span<const std::byte> record) { keeper.keep_name(record); });
    return {};
}

void Watch::keep_no_more() {
    const std::lock_guard lock(mutex_);
    stop_keeping();
}

/// What is kept of a moment that passed would be wrong by the time that somebody finds it.
void Watch::stop_keeping() {
    probes_.books().keep_names(nullptr);
    if (keeper_ != nullptr) keeper_->forget();
    keeper_ = nullptr;
}

bool Watch::is_kept() {
    const std::lock_guard lock(mutex_);
    return keeper_ != nullptr;
}

Result<void> Watch::check_can_be_left() {
    const std::lock_guard lock(mutex_);
    if (!probes_.can_be_followed())
        return fail(plain_error("accounting at the ends of reads cannot be handed over"));
    return probes_.check_all_can_be_kept();
}

Result<void> Watch::leave_in(const PinnedState& pinned) {
    const std::lock_guard lock(mutex_);
    return pinned.leave(probes_.objects(), state());
}

Result<void> Watch::keep_all() {
    const std::uint64_t names_bytes = keeper_->names_bytes();
    return keeper_->keep(probes_.objects(), state(), names_bytes);
}

std::string Watch::state() {
    std::vector<FileName> files;
    std::vector<CgroupName> cgroups;
    probes_.books().take_names(files, cgroups);
    exposition_.table().learn(files, cgroups);
    ByteWriter out;
    head_.save(out);
    probes_.save(out);
    exposition_.table().save(out);
    saved_changes_ = exposition_.table().changes();
    return out.bytes();
}

Result<void> Watch::save() {
    const std::lock_guard lock(mutex_);
    return save_changes();
}

Result<void> Watch::save_changes() {
    if (exposition_.table().changes() == saved_changes_) return {};
    return save_now();
}

Result<void> Watch::save_now() {
    if (keeper_ == nullptr) return {};
    // Before the names are taken: what comes meanwhile may be in the state and stay there as well.
    const std::uint64_t names_bytes = keeper_->names_bytes();
    return keeper_->save(state(), names_bytes);
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
    return std::make_shared<const CountsPage>(std::move(page), exposition_.table().series_count());
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

Result<void> Watch::move_to(ProbeMethods methods) {
    const ProgramSet& now = probes_.programs();
    auto next = probes_.prepare(now.filter(), now.sizes(), methods);
    if (!next) return fail(next.error());
    const std::lock_guard lock(mutex_);
    probes_.detach_snippets();
    auto done = probes_.change_to(std::move(*next));
    if (done) done = let_earlier_go_when_kept();
    // Counts do without it; its row then says that it is not attached.
    (void)probes_.attach_snippets();
    return done;
}

Result<void> Watch::let_earlier_go() {
    const std::lock_guard lock(mutex_);
    return let_earlier_go_when_kept();
}

/// What decided before ends only when systemd keeps what follows it: whenever this process is
/// killed, one of the two goes on. Where it keeps nothing any more, the former ends at once.
Result<void> Watch::let_earlier_go_when_kept() {
    if (keeper_ != nullptr && !keep_all()) stop_keeping();
    if (auto done = probes_.let_earlier_go(); !done) return done;
    const auto held = probes_.held_targets();
    if (!held) return fail(held.error());
    head_.held = *held;
    return save_now();
}

Result<std::vector<std::string>> Watch::reload(const Config& config, const Filter& filter) {
    if (!probes_.can_be_followed())
        return fail(plain_error("accounting at the ends of reads cannot change without a gap"));
    const auto held = probes_.held_targets();
    if (!held) return fail(held.error());
    const auto roster = head_.roster.next(config, *held);
    if (!roster) return fail(roster.error());
    const Filter decided = with_bits(filter, roster->bits());
    auto next = probes_.prepare(decided, table_sizes(config, decided), probes_.methods());
    if (!next) return fail(next.error());
    const std::lock_guard lock(mutex_);
    head_.held = *held;
    auto done = prepare_books(*roster);
    if (done) done = probes_.change_to(std::move(*next));
    if (!done) {
        (void)probes_.attach_snippets();
        return fail(done.error());
    }
    move_samples(config, *roster);
    head_.follow(*roster);
    follow_config(config, *roster);
    return settle();
}

/// For bits that stand for other targets from here on.
Result<void> Watch::prepare_books(const Roster& next) {
    const auto snapshot = probes_.books().read();
    if (!snapshot) return fail(snapshot.error());
    // What they stood for until now.
    exposition_.table().apply(*snapshot, std::chrono::steady_clock::now());
    // Should this process end before its next state is saved, the next one finds whose the bits are
    // that the new programs may put into the books.
    const Roster now = std::exchange(head_.roster, head_.roster.with(next));
    auto saved = save_now();
    head_.roster = now;
    if (!saved) return saved;
    // What was sampled until now is on its way to the journal by the rules of its time.
    probes_.detach_snippets();
    if (auto done = probes_.books().sums().wait_for_programs(); !done) return done;
    while (take_snippets()) {
    }
    return {};
}

/// The new programs alone from here on. Returns what falls short of it.
std::vector<std::string> Watch::settle() {
    std::vector<std::string> texts;
    const bool was_kept = keeper_ != nullptr;
    if (auto done = let_earlier_go_when_kept(); !done)
        texts.push_back("some processes may be counted as before until they are restarted: " +
                        done.error().message());
    if (was_kept && keeper_ == nullptr)
        texts.emplace_back("counts will not outlive this process: systemd does not keep them");
    if (auto done = probes_.attach_snippets(); !done)
        texts.push_back("nothing is sampled: " + done.error().message());
    return texts;
}

/// To the bits that their targets have from here on.
void Watch::move_samples(const Config& config, const Roster& next) {
    std::vector<std::optional<unsigned>> from(VFSWATCH_MAX_TARGETS);
    const std::vector<Target>& before = exposition_.table().targets();
    for (std::size_t i = 0; i < config.targets.size(); i++)
        for (std::size_t j = 0; j < before.size(); j++)
            if (before[j].name == config.targets[i].name && snippets_ &&
                snippets_->samples(before[j].name))
                from.at(next.bits()[i]) = head_.roster.bits()[j];
    probes_.books().move_samples(from);
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
