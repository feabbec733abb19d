// SPDX-License-Identifier: Apache-2.0
// Another configuration or other methods, while everything reads.
#include <utility>

#include "policy/lower.h"
#include "service/watch.h"

namespace vfswatchd {

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
    return end_earlier();
}

/// What decided before ends only when systemd keeps what follows it: whenever this process is
/// killed, one of the two goes on. Where it keeps nothing any more, the former ends at once.
Result<void> Watch::let_earlier_go_when_kept() {
    if (keeper_ != nullptr && !keep_all()) stop_keeping();
    return end_earlier();
}

Result<void> Watch::end_earlier() {
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

}  // namespace vfswatchd
