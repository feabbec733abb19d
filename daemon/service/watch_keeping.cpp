// SPDX-License-Identifier: Apache-2.0
// What outlives the process: the watch's objects and what they are called, kept and gone on with.
#include <utility>

#include "service/watch.h"

namespace vfswatchd {
namespace {

/// For each, all of some file's tasks would have to turn within the same milliseconds again.
constexpr int kCatchUpSnapshots = 4;

}  // namespace

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
    if (keeper != nullptr) keep_names_in(*keeper);
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
    if (auto done = check_can_be_followed(); !done) return done;
    keeper_ = &keeper;
    auto kept = keep_all();
    if (kept) kept = probes_.books().sums().free_drained();
    if (!kept) {
        stop_keeping();
        return kept;
    }
    keep_names_in(keeper);
    return {};
}

void Watch::keep_names_in(Keeper& keeper) {
    probes_.books().keep_names(
        [&keeper](std::span<const std::byte> record) { keeper.keep_name(record); });
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

Result<void> Watch::check_can_be_followed() const {
    if (probes_.can_be_followed()) return {};
    return fail(plain_error("accounting at the ends of reads cannot be handed over"));
}

Result<void> Watch::check_can_be_left() {
    const std::lock_guard lock(mutex_);
    if (auto done = check_can_be_followed(); !done) return done;
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

}  // namespace vfswatchd
