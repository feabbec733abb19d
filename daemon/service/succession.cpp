// SPDX-License-Identifier: Apache-2.0
#include "service/succession.h"

#include <systemd/sd-daemon.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/ladder.h"
#include "kernel/platform.h"
#include "kernel/probes.h"
#include "kernel/rungs.h"
#include "policy/lower.h"
#include "policy/roster.h"
#include "service/keeper.h"
#include "service/kept_head.h"
#include "service/pinned_state.h"
#include "service/shortfalls.h"

namespace vfswatchd {
namespace {

tl::unexpected<Refusal> refuse_kernel(const Error& error, const ProbeWishes& wishes) {
    const Platform platform = read_platform();
    const bool permission = !missing_capabilities(platform, wishes).empty();
    return refuse(permission ? ExitCode::kPermission : ExitCode::kUnavailable,
                  explain(error, platform).message());
}

/// A busy machine takes long for the trials, which is no reason to give up the start.
void extend_start() {
    sd_notify(0, "EXTEND_TIMEOUT_USEC=30000000");
}

template <typename Method>
void tell(const std::string& what, const std::vector<RungOutcome<Method>>& outcomes, Method chosen,
          const Log& log) {
    for (const RungOutcome<Method>& outcome : outcomes) {
        const std::string by = what + " by " + std::string(method_name(outcome.method));
        if (outcome.trial.exact)
            log.info(by + ": exact in its trial");
        else if (outcome.method == chosen)
            log.warning(by + " although it may miss: " + outcome.trial.reason.message());
        else
            log.info(by + " refused: " + outcome.trial.reason.message());
    }
}

OrRefusal<ProbeMethods> choose_methods(const Config& config, const Log& log) {
    const LadderOutcome outcome = climb_ladders(config.probe, extend_start);
    if (outcome.chosen) {
        tell("accounting", outcome.accounting, outcome.chosen->accounting, log);
        tell("ends of reads", outcome.exit, outcome.chosen->exit, log);
        return *outcome.chosen;
    }
    const Error refusals = outcome.refusals();
    return refuse_kernel(
        {refusals.code, "reads cannot be counted as configured (" + refusals.message() + ")"},
        config.probe);
}

void tell(const std::vector<std::string>& warnings, const Log& log) {
    for (const std::string& warning : warnings)
        log.warning(warning);
}

void attach_paths(Probes& probes, const Log& log) {
    if (auto done = probes.attach_paths(); !done)
        log.warning(
            "files keep their old path after a rename of a directory above or a change of "
            "mounts: " +
            done.error().message());
}

/// Counts do without it.
void attach_exit(Probes& probes, const Log& log) {
    if (auto done = probes.attach_exit(); !done)
        log.warning("errors and ends of file are not counted, and nothing is sampled: " +
                    done.error().message());
}

/// In this order: Probes says why.
Result<void> attach_all(Probes& probes, const Log& log) {
    attach_paths(probes, log);
    if (auto done = probes.attach_snippets(); !done)
        log.warning("nothing is sampled: " + done.error().message());
    if (auto done = probes.attach_accounting(); !done) return done;
    attach_exit(probes, log);
    return {};
}

/// Goes on with the probes and counts of the process before.
class Succession {
  public:
    Succession(const Config& config, const Filter& filter, const EstatePlaces& places,
               StateResets& resets, const Log& log)
        : config_(config), filter_(filter), places_(places), resets_(resets), log_(log) {}

    /// What the process before left, in the descriptor store where there is one.
    /// Absent: nothing, or it is of no use, and the log says why.
    [[nodiscard]] std::optional<Estate> take() {
        if (places_.keeper != nullptr)
            if (auto estate = places_.keeper->take_estate()) return estate;
        if (places_.pinned == nullptr) return std::nullopt;
        auto estate = take_pinned();
        if (estate) return std::move(*estate);
        refused(&StateResets::damaged,
                "what a stopped process had pinned: " + estate.error().message());
        return std::nullopt;
    }

    /// What nobody takes out of the estate leaves the kernel.
    /// nullptr: it is of no use, and the log says why.
    [[nodiscard]] std::shared_ptr<Watch> go_on(Estate estate) {
        ByteReader reader(estate.state);
        KeptHead head = KeptHead::load(reader);
        if (head.layout != layout())
            return refused(&StateResets::layout, "what the version before kept has another layout");
        if (const std::string why = obstacle(head.foundation, config_); !why.empty())
            return refused(&StateResets::config, why);
        const auto roster = head.roster.next(config_, head.held);
        if (!roster) return refused(&StateResets::config, roster.error().message());
        if (auto done = announce(head, *roster, reader); !done)
            return refused(&StateResets::damaged, done.error().message());
        head.follow(*roster);
        return adopt(std::move(head), reader, estate);
    }

  private:
    /// In this order: whenever this process is killed, one place has all of it, or none.
    Result<std::optional<Estate>> take_pinned() {
        auto estate = places_.pinned->find();
        if (!estate || !*estate) return estate;
        if (places_.keeper != nullptr) {
            places_.keeper->forget();
            const ObjectsToKeep objects = to_keep((*estate)->objects);
            if (auto done = places_.keeper->keep(objects, (*estate)->state, 0); !done) {
                // This process has them all the same.
                places_.keeper->forget();
                places_.keeper = nullptr;
            }
        }
        if (auto cleared = places_.pinned->clear(); !cleared) return fail(cleared.error());
        return estate;
    }

    /// Should this process end before its own state is saved, the next one finds whose the bits are
    /// that this one's programs may put into the books.
    Result<void> announce(KeptHead head, const Roster& next, const ByteReader& rest) {
        if (places_.keeper == nullptr) return {};
        head.roster = head.roster.with(next);
        ByteWriter announced;
        head.save(announced);
        return places_.keeper->save(announced.bytes() + std::string(rest.rest()), 0);
    }

    std::shared_ptr<Watch> adopt(KeptHead head, ByteReader& reader, Estate& estate) {
        const Filter decided = with_bits(filter_, head.roster.bits());
        auto probes = Probes::adopt(decided, table_sizes(config_, decided), reader, estate.objects);
        if (!probes)
            return refused(&StateResets::damaged, "the kept probes: " + probes.error().message());
        const ProbeMethods methods = probes->methods();
        if (auto done = attach_all(*probes, log_); !done)
            return refused(&StateResets::damaged, "the new probes: " + done.error().message());
        auto watch = std::make_shared<Watch>(std::move(*probes), config_, std::move(head));
        if (!watch->restore(reader, estate.names, places_.keeper))
            return refused(&StateResets::damaged, "the kept counts are not whole");
        log_.info("going on with the counts of the process before: accounting by " +
                  std::string(method_name(methods.accounting)) + ", ends of reads by " +
                  std::string(method_name(methods.exit)));
        tell(shortfalls(config_, methods), log_);
        return watch;
    }

    std::shared_ptr<Watch> refused(std::uint64_t StateResets::*reason, const std::string& why) {
        resets_.*reason += 1;
        log_.warning("counts start from 0: " + why);
        return nullptr;
    }

    const Config& config_;
    const Filter& filter_;
    EstatePlaces places_;
    StateResets& resets_;
    const Log& log_;
};

/// What nobody goes on with, and what a restart had no need of.
void clear_pinned(const PinnedState* pinned, const Log& log) {
    if (pinned == nullptr) return;
    if (const auto cleared = pinned->clear(); !cleared)
        log.warning("what a stopped process had left is still there: " + cleared.error().message());
}

}  // namespace

std::shared_ptr<Watch> go_on_or_forget(const Config& config, const Filter& filter,
                                       const EstatePlaces& places, StateResets& resets,
                                       const Log& log) {
    Succession succession(config, filter, places, resets, log);
    std::optional<Estate> estate;
    if (config.persist) estate = succession.take();
    clear_pinned(places.pinned, log);
    if (estate)
        if (auto watch = succession.go_on(std::move(*estate))) return watch;
    if (places.keeper != nullptr) places.keeper->forget();
    return nullptr;
}

OrRefusal<std::shared_ptr<Watch>> start_anew(const Config& config, const Filter& filter,
                                             const Log& log) {
    const auto methods = choose_methods(config, log);
    if (!methods) return tl::unexpected(methods.error());
    tell(shortfalls(config, *methods), log);
    KeptHead head;
    head.foundation = foundation_of(config);
    auto roster = Roster().next(config, {});
    if (!roster) return refuse(ExitCode::kConfig, roster.error().message());
    head.roster = *roster;
    const Filter decided = with_bits(filter, head.roster.bits());
    auto probes = Probes::load(decided, table_sizes(config, decided), *methods);
    if (!probes) return refuse_kernel(probes.error(), config.probe);
    if (auto done = attach_all(*probes, log); !done)
        return refuse_kernel(done.error(), config.probe);
    return std::make_shared<Watch>(std::move(*probes), config, std::move(head));
}

}  // namespace vfswatchd
