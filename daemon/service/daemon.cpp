// SPDX-License-Identifier: Apache-2.0
#include "service/daemon.h"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "policy/lower.h"
#include "policy/warnings.h"
#include "service/control_server.h"
#include "service/keeper.h"
#include "service/listening.h"
#include "service/loop.h"
#include "service/miss_watch.h"
#include "service/page.h"
#include "service/passed_fds.h"
#include "service/pinned_state.h"
#include "service/refusal.h"
#include "service/report.h"
#include "service/succession.h"
#include "service/watch.h"
#include "service/web_access.h"

namespace vfswatchd {
namespace {

/// What the HTTP threads and the loop share. The watch appears once, when the probes are attached.
class Service {
  public:
    Service(const Config& config, const Log& log, const Loop& loop)
        : log_(log), loop_(loop), first_targets_(describe_targets(config)) {}

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
                .has_target = [this](const std::string& name) { return has_target(name); },
                .scrape = [this](const TargetChoice& choice) { return scrape(choice); },
                .failed = [this](const std::string& message) { log_.warning(message); }};
    }

  private:
    /// At most one in a second: each reads all of the kernel's counts.
    [[nodiscard]] std::string page() {
        const auto current = watch();
        if (!current) return starting_page();
        const std::lock_guard lock(page_mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (page_.empty() || now - page_made_ >= std::chrono::seconds(1)) {
            page_ = render_page(current->overview());
            page_made_ = now;
        }
        return page_;
    }

    [[nodiscard]] std::string starting_page() const {
        Overview starting;
        for (const Target& target : first_targets_)
            starting.targets.push_back({target, {}, {}, 0});
        return render_page(starting);
    }

    [[nodiscard]] bool has_target(const std::string& name) const {
        const auto current = watch();
        return current && current->has_target(name);
    }

    [[nodiscard]] Result<std::shared_ptr<const ScrapePage>> scrape(
        const TargetChoice& choice) const {
        const auto current = watch();
        if (!current) return fail(plain_error("the probes are not attached yet"));
        return current->scrape(choice);
    }

    const Log& log_;
    const Loop& loop_;
    const std::vector<Target> first_targets_;
    mutable std::mutex mutex_;
    std::shared_ptr<Watch> watch_;
    std::mutex page_mutex_;
    std::string page_;
    std::chrono::steady_clock::time_point page_made_;
};

OrRefusal<std::vector<Listener>> listen(const Config& config, std::vector<PassedFd> sockets,
                                        const Log& log) {
    auto listening = open_listeners(config, std::move(sockets));
    if (!listening) return refuse(ExitCode::kUnavailable, listening.error().message());
    for (const std::string& warning : listening->warnings)
        log.warning(warning);
    return std::move(listening->listeners);
}

std::string urls_of(const HttpServer& server) {
    std::string where;
    for (const std::string& url : server.urls())
        where += " " + url;
    return where;
}

/// What asks for a reload while the loop turns; it is there before what it asks.
using AskForReload = std::function<ReloadOutcome()>;

/// nullptr: there cannot be one, and the log says why.
OrRefusal<std::unique_ptr<ControlServer>> serve_control(Loop& loop, const AskForReload& reload,
                                                        const Log& log) {
    auto control = ControlServer::start(loop, control_directory(std::getenv("RUNTIME_DIRECTORY")),
                                        [&reload] { return reload(); });
    if (control) return std::move(*control);
    const ControlRefusal& refusal = control.error();
    if (refusal.runs_already) return refuse(ExitCode::kUnavailable, refusal.error.message());
    log.notice("vfswatchctl reload will not find this process: " + refusal.error.message());
    return nullptr;
}

/// Absent: this process cannot be sure to be the only one, or not of which boot what is there is.
std::optional<PinnedState> pinned_state(const ControlServer* control, const Log& log) {
    if (control == nullptr) return std::nullopt;
    const auto boot = this_boot();
    if (boot) return PinnedState(control->lock(), PinnedPlaces::of(&std::getenv), *boot);
    log.notice("counts will not outlive a stop: " + boot.error().message());
    return std::nullopt;
}

void tell_what_stays(const Result<bool>& left, const Log& log) {
    if (!left)
        log.warning("counts end with this process: " + left.error().message());
    else if (*left)
        log.info(
            "probes and counts stay in the kernel for the next start (vfswatchctl unpin ends "
            "them)");
}

void publish(const std::shared_ptr<Watch>& watch, const Config& config, const EstatePlaces& places,
             Service& service, const Log& log) {
    if (auto done = keep_as_configured(config, places.keeper, *watch); !done)
        log.warning("counts will not outlive this process: " + done.error().message());
    if (auto done = check_can_leave(config, places.pinned, *watch); !done)
        log.warning("counts will not outlive a stop: " + done.error().message());
    if (auto done = watch->let_earlier_go(); !done)
        log.warning("some processes may be counted as before until they are restarted: " +
                    done.error().message());
    service.publish(watch);
}

OrRefusal<void> serve(const ConfigSource& source, const Config& config, const Filter& filter,
                      WebReading web, const Log& log) {
    AskForReload reload;
    auto loop = Loop::create([&reload] { (void)reload(); });
    if (!loop) return refuse(ExitCode::kUnavailable, loop.error().message());
    const auto control = serve_control(**loop, reload, log);
    if (!control) return tl::unexpected(control.error());
    auto passed = take_passed_fds();
    if (!passed) return refuse(ExitCode::kUnavailable, passed.error().message());
    // It outlives the watch.
    const std::unique_ptr<Keeper> keeper = Keeper::take_over(std::move(passed->kept));
    auto pinned = pinned_state(control->get(), log);
    const EstatePlaces places{keeper.get(), pinned ? &*pinned : nullptr};
    Service service(config, log, **loop);
    auto listeners = listen(config, std::move(passed->sockets), log);
    if (!listeners) return tl::unexpected(listeners.error());
    for (const std::string& warning : snippet_warnings(config))
        log.warning(warning);
    StateResets resets;
    OrRefusal<std::shared_ptr<Watch>> watch = go_on_or_forget(config, filter, places, resets, log);
    if (*watch) publish(*watch, config, places, service, log);
    // Going on takes a moment, in which clients wait in the sockets' queues: no scrape fails over a
    // restart. Beginning anew takes longer, and they are told so.
    auto server =
        HttpServer::serve(std::move(*listeners), service.handlers(), HttpLimits{}, web.access);
    if (!server) return refuse(ExitCode::kUnavailable, server.error().message());
    WebAccess access(std::move(web), *server, log);
    if (!*watch) {
        watch = start_anew(config, filter, log);
        if (!watch) return tl::unexpected(watch.error());
        (*watch)->note_resets(resets);
        publish(*watch, config, places, service, log);
    }
    Watch& counts = **watch;
    MissWatch misses(counts, config.probe, log);
    (*loop)->each_second([&misses, &access, &counts, &log, told = false]() mutable {
        misses.look();
        access.look();
        counts.note_web_config(access.successful());
        const auto reclaimed = counts.reclaim();
        if (!reclaimed && !std::exchange(told, true))
            log.warning("idle files keep their place in limits.max_files: " +
                        reclaimed.error().message());
        if (auto done = counts.save(); !done)
            log.warning("a crash would lose counts: " + done.error().message());
    });
    counts.note_web_config(access.successful());
    Reloader reloader(source, config, {counts, places, **loop, access, urls_of(*server)}, log);
    reload = [&reloader] { return reloader.reload(); };
    if (auto done = (*loop)->watch(counts.name_ring_fd(), [&counts] { counts.drain_names(); });
        !done)
        return refuse(ExitCode::kUnavailable, done.error().message());
    if (auto done = reloader.watch_snippets(); !done)
        return refuse(ExitCode::kUnavailable, done.error().message());

    log.info("watching " + summary(config) + "; metrics on" + urls_of(*server));
    // Who waits for the service reads in the journal what it does.
    log.flush();
    sd_notifyf(0, "READY=1\nSTATUS=%s", status_of(config, urls_of(*server)).c_str());
    tell_what_is_not_there(config, log);
    const auto done = (*loop)->run();
    sd_notify(0, "STOPPING=1");
    server->stop();
    if (!done) return refuse(ExitCode::kUnavailable, done.error().message());
    tell_what_stays(leave_as_configured(reloader.config(), places.pinned, counts), log);
    return {};
}

}  // namespace

ExitCode run_daemon(const ConfigSource& source, const Config& config, const Filter& filter,
                    WebReading web, const Log& log) {
    const auto served = serve(source, config, filter, std::move(web), log);
    if (served) return ExitCode::kOk;
    log.error(served.error().message);
    return served.error().code;
}

}  // namespace vfswatchd
