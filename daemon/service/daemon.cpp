// SPDX-License-Identifier: Apache-2.0
#include "service/daemon.h"

#include <systemd/sd-daemon.h>

#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "http/server.h"
#include "kernel/kernel_types.h"
#include "kernel/ladder.h"
#include "kernel/platform.h"
#include "kernel/rungs.h"
#include "policy/identity.h"
#include "policy/lower.h"
#include "policy/warnings.h"
#include "service/keeper.h"
#include "service/loop.h"
#include "service/miss_watch.h"
#include "service/page.h"
#include "service/report.h"
#include "service/watch.h"

namespace vfswatchd {
namespace {

/// Why the daemon cannot run.
struct Refusal {
    ExitCode code;
    std::string message;
};

template <typename T>
using OrRefusal = tl::expected<T, Refusal>;

tl::unexpected<Refusal> refuse(ExitCode code, std::string message) {
    return tl::unexpected<Refusal>({code, std::move(message)});
}

tl::unexpected<Refusal> refuse_kernel(const Error& error, const ProbeWishes& wishes) {
    const Platform platform = read_platform();
    const bool permission = !missing_capabilities(platform, wishes).empty();
    return refuse(permission ? ExitCode::kPermission : ExitCode::kUnavailable,
                  explain(error, platform).message());
}

/// What the HTTP threads and the loop share. The watch appears once, when the probes are attached.
class Service {
  public:
    Service(const Config& config, const Log& log, const Loop& loop)
        : log_(log), loop_(loop), targets_(describe_targets(config)) {}

    void publish(std::shared_ptr<Watch> watch) {
        const std::lock_guard lock(mutex_);
        watch_ = std::move(watch);
    }

    [[nodiscard]] std::shared_ptr<Watch> watch() const {
        const std::lock_guard lock(mutex_);
        return watch_;
    }

    [[nodiscard]] HttpHandlers handlers() {
        return {.page = [this] { return page(); },
                .healthy = [this] { return loop_.alive(); },
                .ready = [this] { return watch() != nullptr; },
                .scrape = [this] { return scrape(); },
                .failed = [this](const std::string& message) { log_.warning(message); }};
    }

  private:
    [[nodiscard]] std::string page() const {
        const auto current = watch();
        return render_page(targets_, current ? current->attached() : std::vector<AttachedProbe>{});
    }

    [[nodiscard]] Result<std::unique_ptr<BodySource>> scrape() const {
        const auto current = watch();
        if (!current) return fail(plain_error("the probes are not attached yet"));
        return current->scrape();
    }

    const Log& log_;
    const Loop& loop_;
    const std::vector<Target> targets_;
    mutable std::mutex mutex_;
    std::shared_ptr<Watch> watch_;
};

OrRefusal<HttpServer> listen(const Config& config, Service& service) {
    std::vector<HttpAddress> addresses;
    for (const ListenAddress& address : config.listen)
        addresses.push_back({address.host, address.port});
    auto server = HttpServer::start(addresses, service.handlers());
    if (!server) return refuse(ExitCode::kUnavailable, server.error().message());
    return std::move(*server);
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

/// What targets ask for and will not get.
void tell_what_is_missing(const Config& config, ProbeMethods methods, const Log& log) {
    if (!methods.paths)
        log.warning(
            "this kernel is locked down (confidentiality): paths cannot be read, so targets with "
            "paths count nothing, and the others are counted as a whole, as "
            "vfswatch_overflow_read_bytes_total{reason=\"path_hidden\"}; errors and ends of file "
            "are not counted");
    const KernelTypes kernel = KernelTypes::load();
    const bool calls = kernel.has_helper("task_pt_regs");
    for (const std::string_view function : kReadFunctions)
        if (!kernel.has_function(std::string(function)) && methods.exit != ExitMethod::kOff)
            log.warning("this kernel shows no function " + std::string(function) +
                        ": the ends of its reads are not seen");
    const bool starts =
        methods.accounting != AccountingMethod::kExit || methods.exit != ExitMethod::kFexit;
    for (const TargetConfig& target : config.targets) {
        const ProcessSelectors& processes = target.processes;
        if (!methods.paths &&
            !(processes.exes.empty() && processes.units.empty() && processes.cgroups.empty()))
            log.warning("target " + target.name +
                        ": exes, units and cgroups select nothing: this kernel hides their paths");
        if (target.labels.call && !calls)
            log.warning("target " + target.name +
                        ": the label call stays empty: this kernel is older than 5.15");
        if (target.snippets && methods.exit == ExitMethod::kOff)
            log.warning("target " + target.name +
                        ": nothing is copied: the ends of reads are not seen");
        if (target.latency && (methods.exit == ExitMethod::kOff || !starts))
            log.warning("target " + target.name +
                        ": no durations: the method in use does not see how long a read takes");
    }
}

bool attach_paths(Probes& probes, const Log& log) {
    const auto done = probes.attach_paths();
    if (done) return true;
    log.warning(
        "files keep their old path after a rename of a directory above or a change of mounts: " +
        done.error().message());
    return false;
}

/// In this order: what is sensitive is known by its path.
void attach_paths_and_snippets(Probes& probes, const Filter& filter, const Log& log) {
    const bool sees_renames = attach_paths(probes, log);
    if (filter.settings.snippet_targets == 0) return;
    if (!sees_renames) return log.warning("nothing is sampled: changes of paths are not seen");
    if (auto done = probes.attach_snippets(); !done)
        log.warning("nothing is sampled: " + done.error().message());
}

/// Counts do without it.
void attach_exit(Probes& probes, const Log& log) {
    if (auto done = probes.attach_exit(); !done)
        log.warning("errors and ends of file are not counted, and nothing is sampled: " +
                    done.error().message());
}

OrRefusal<std::shared_ptr<Watch>> attach(const Config& config, const Filter& filter,
                                         const Log& log) {
    const auto methods = choose_methods(config, log);
    if (!methods) return tl::unexpected(methods.error());
    tell_what_is_missing(config, *methods, log);
    auto probes = Probes::load(filter, table_sizes(config, filter), *methods);
    if (!probes) return refuse_kernel(probes.error(), config.probe);
    attach_paths_and_snippets(*probes, filter, log);
    if (auto done = probes->attach_accounting(); !done)
        return refuse_kernel(done.error(), config.probe);
    attach_exit(*probes, log);
    return std::make_shared<Watch>(std::move(*probes), config);
}

/// Goes on with the probes and counts of the process before. Absent: there are none, or they are of
/// no use, and the log says why.
std::shared_ptr<Watch> go_on(const Config& config, const Filter& filter, Keeper& keeper,
                             StateResets& resets, const Log& log) {
    const auto saved = keeper.saved();
    if (!saved) return nullptr;
    ByteReader reader(*saved);
    const Identity now = identity_of(config, filter);
    const auto refused = [&](std::uint64_t StateResets::*reason, const std::string& why) {
        resets.*reason += 1;
        log.warning("counts start from 0: " + why);
        return nullptr;
    };
    if (reader.get_text() != now.layout)
        return refused(&StateResets::layout, "what the version before kept has another layout");
    if (reader.get_text() != now.config)
        return refused(&StateResets::config,
                       "the configuration has changed while the daemon was not there");
    auto probes = Probes::adopt(filter, table_sizes(config, filter), reader, keeper.objects());
    if (!probes)
        return refused(&StateResets::damaged, "the kept probes: " + probes.error().message());
    const ProbeMethods methods = probes->methods();
    attach_paths_and_snippets(*probes, filter, log);
    attach_exit(*probes, log);
    auto watch = std::make_shared<Watch>(std::move(*probes), config);
    if (!watch->restore(reader, keeper))
        return refused(&StateResets::damaged, "the kept counts are not whole");
    log.info("going on with the counts of the process before: accounting by " +
             std::string(method_name(methods.accounting)) + ", ends of reads by " +
             std::string(method_name(methods.exit)));
    tell_what_is_missing(config, methods, log);
    return watch;
}

OrRefusal<std::shared_ptr<Watch>> go_on_or_attach(const Config& config, const Filter& filter,
                                                  Keeper* keeper, const Log& log) {
    if (keeper == nullptr) return attach(config, filter, log);
    StateResets resets;
    if (config.persist)
        if (auto watch = go_on(config, filter, *keeper, resets, log)) return watch;
    keeper->forget();
    auto watch = attach(config, filter, log);
    if (watch) (*watch)->note_resets(resets);
    return watch;
}

void keep(const Config& config, const Filter& filter, Keeper* keeper, Watch& watch,
          const Log& log) {
    if (keeper == nullptr || !config.persist) return;
    if (auto done = watch.keep_in(*keeper, identity_of(config, filter)); !done)
        log.warning("counts will not outlive this process: " + done.error().message());
}

Result<void> watch_rings(Watch& watch, Loop& loop) {
    if (auto done = loop.watch(watch.name_ring_fd(), [&watch] { watch.drain_names(); }); !done)
        return done;
    if (watch.snippet_ring_fd() < 0) return {};
    return loop.watch(watch.snippet_ring_fd(), [&watch] { watch.drain_snippets(); });
}

/// In a thread of its own that nobody waits for: a path may lie on a network file system whose
/// server is gone.
void tell_what_is_not_there(const Config& config, const Log& log) {
    std::thread([config, log] {
        for (const std::string& text : not_there_yet(config))
            log.warning(text);
    }).detach();
}

OrRefusal<void> serve(const Config& config, const Filter& filter, const Log& log) {
    auto loop = Loop::create([&log] {
        log.notice("SIGHUP: this version reads its configuration at start only; restart it");
    });
    if (!loop) return refuse(ExitCode::kUnavailable, loop.error().message());
    // It outlives the watch.
    const std::unique_ptr<Keeper> keeper = Keeper::take_over();
    Service service(config, log, **loop);
    auto server = listen(config, service);
    if (!server) return tl::unexpected(server.error());
    for (const std::string& warning : snippet_warnings(config))
        log.warning(warning);
    auto watch = go_on_or_attach(config, filter, keeper.get(), log);
    if (!watch) return tl::unexpected(watch.error());
    keep(config, filter, keeper.get(), **watch, log);
    service.publish(*watch);
    MissWatch misses(**watch, config.probe, log);
    (*loop)->each_second([&misses, &counts = **watch, &log, told = false]() mutable {
        misses.look();
        const auto reclaimed = counts.reclaim();
        if (!reclaimed && !std::exchange(told, true))
            log.warning("idle files keep their place in limits.max_files: " +
                        reclaimed.error().message());
        if (auto done = counts.save(); !done)
            log.warning("a crash would lose counts: " + done.error().message());
    });
    if (auto done = watch_rings(**watch, **loop); !done)
        return refuse(ExitCode::kUnavailable, done.error().message());

    std::string where;
    for (const HttpAddress& address : server->addresses())
        where += " http://" + to_text(address);
    log.info("watching " + summary(config) + "; metrics on" + where);
    // Who waits for the service reads in the journal what it does.
    log.flush();
    sd_notifyf(0, "READY=1\nSTATUS=Watching %s; metrics on%s", summary(config).c_str(),
               where.c_str());
    tell_what_is_not_there(config, log);
    const auto done = (*loop)->run();
    sd_notify(0, "STOPPING=1");
    server->stop();
    if (!done) return refuse(ExitCode::kUnavailable, done.error().message());
    return {};
}

}  // namespace

ExitCode run_daemon(const Config& config, const Filter& filter, const Log& log) {
    const auto served = serve(config, filter, log);
    if (served) return ExitCode::kOk;
    log.error(served.error().message);
    return served.error().code;
}

}  // namespace vfswatchd
