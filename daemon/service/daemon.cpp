// SPDX-License-Identifier: Apache-2.0
#include "service/daemon.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "policy/lower.h"
#include "policy/warnings.h"
#include "service/control_server.h"
#include "service/keeper.h"
#include "service/loop.h"
#include "service/miss_watch.h"
#include "service/page.h"
#include "service/refusal.h"
#include "service/report.h"
#include "service/succession.h"
#include "service/watch.h"

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
                .scrape = [this] { return scrape(); },
                .failed = [this](const std::string& message) { log_.warning(message); }};
    }

  private:
    [[nodiscard]] std::string page() const {
        const auto current = watch();
        if (!current) return render_page(first_targets_, {});
        return render_page(current->targets(), current->attached());
    }

    [[nodiscard]] Result<std::unique_ptr<BodySource>> scrape() const {
        const auto current = watch();
        if (!current) return fail(plain_error("the probes are not attached yet"));
        return current->scrape();
    }

    const Log& log_;
    const Loop& loop_;
    const std::vector<Target> first_targets_;
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

std::string urls_of(const HttpServer& server) {
    std::string where;
    for (const HttpAddress& address : server.addresses())
        where += " http://" + to_text(address);
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

OrRefusal<void> serve(const ConfigSource& source, const Config& config, const Filter& filter,
                      const Log& log) {
    AskForReload reload;
    auto loop = Loop::create([&reload] { (void)reload(); });
    if (!loop) return refuse(ExitCode::kUnavailable, loop.error().message());
    const auto control = serve_control(**loop, reload, log);
    if (!control) return tl::unexpected(control.error());
    // It outlives the watch.
    const std::unique_ptr<Keeper> keeper = Keeper::take_over();
    Service service(config, log, **loop);
    auto server = listen(config, service);
    if (!server) return tl::unexpected(server.error());
    for (const std::string& warning : snippet_warnings(config))
        log.warning(warning);
    auto watch = go_on_or_start(config, filter, keeper.get(), log);
    if (!watch) return tl::unexpected(watch.error());
    Watch& counts = **watch;
    if (auto done = keep_as_configured(config, keeper.get(), counts); !done)
        log.warning("counts will not outlive this process: " + done.error().message());
    if (auto done = counts.let_earlier_go(); !done)
        log.warning("what counted before is still there: " + done.error().message());
    service.publish(*watch);
    MissWatch misses(counts, config.probe, log);
    (*loop)->each_second([&misses, &counts, &log, told = false]() mutable {
        misses.look();
        const auto reclaimed = counts.reclaim();
        if (!reclaimed && !std::exchange(told, true))
            log.warning("idle files keep their place in limits.max_files: " +
                        reclaimed.error().message());
        if (auto done = counts.save(); !done)
            log.warning("a crash would lose counts: " + done.error().message());
    });
    Reloader reloader(source, config, {counts, keeper.get(), **loop, urls_of(*server)}, log);
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
    return {};
}

}  // namespace

ExitCode run_daemon(const ConfigSource& source, const Config& config, const Filter& filter,
                    const Log& log) {
    const auto served = serve(source, config, filter, log);
    if (served) return ExitCode::kOk;
    log.error(served.error().message);
    return served.error().code;
}

}  // namespace vfswatchd
