// SPDX-License-Identifier: Apache-2.0
#include "service/reload.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <thread>
#include <utility>

#include "config/fault.h"
#include "policy/lower.h"
#include "policy/warnings.h"
#include "service/long_work.h"
#include "service/report.h"
#include "service/shortfalls.h"

namespace vfswatchd {
namespace {

ReloadOutcome refused(ExitCode code, std::string why) {
    return {code, {std::move(why)}};
}

ReloadOutcome refused(const std::vector<ConfigFault>& faults) {
    ReloadOutcome outcome{ExitCode::kConfig, {}};
    for (const ConfigFault& fault : faults)
        outcome.lines.push_back(format_fault(fault));
    return outcome;
}

bool same_listeners(const Config& one, const Config& other) {
    const auto same = [](const ListenAddress& a, const ListenAddress& b) {
        return a.host == b.host && a.port == b.port && a.systemd == b.systemd &&
               a.is_unix == b.is_unix && a.mode == b.mode && a.group == b.group;
    };
    return one.listens_by_default == other.listens_by_default &&
           std::equal(one.listen.begin(), one.listen.end(), other.listen.begin(),
                      other.listen.end(), same);
}

void tell_systemd_that_it_begins() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIi64, std::int64_t{microseconds});
}

}  // namespace

std::string status_of(const Config& config, const std::string& urls) {
    return "Watching " + summary(config) + "; metrics on" + urls;
}

Result<void> keep_as_configured(const Config& config, Keeper* keeper, Watch& watch) {
    if (keeper == nullptr || config.persist == watch.is_kept()) return {};
    if (config.persist) return watch.keep_in(*keeper);
    watch.keep_no_more();
    return {};
}

Result<void> check_can_leave(const Config& config, const PinnedState* pinned, Watch& watch) {
    if (!config.persist_on_stop) return {};
    if (pinned == nullptr)
        return fail(plain_error("another daemon may have its place, for this one has no lock"));
    if (auto done = watch.check_can_be_left(); !done) return done;
    return pinned->prepare();
}

Result<bool> leave_as_configured(const Config& config, const PinnedState* pinned, Watch& watch) {
    if (!config.persist_on_stop) return false;
    if (auto done = check_can_leave(config, pinned, watch); !done) return fail(done.error());
    if (auto done = watch.leave_in(*pinned); !done) return fail(done.error());
    return true;
}

void tell_what_is_not_there(const Config& config, const Log& log) {
    std::thread([config, log] {
        for (const std::string& text : not_there_yet(config))
            log.warning(text);
    }).detach();
}

Reloader::Reloader(ConfigSource source, Config config, Parts parts, const Log& log)
    : source_(std::move(source)), config_(std::move(config)), parts_(std::move(parts)), log_(log) {}

ReloadOutcome Reloader::reload() {
    tell_systemd_that_it_begins();
    ReloadOutcome outcome;
    {
        const LongWork work;
        outcome = change_config();
    }
    const bool successful = outcome.code == ExitCode::kOk;
    parts_.watch.note_reload(successful);
    for (const std::string& line : outcome.lines)
        successful ? log_.warning(line) : log_.error(line);
    if (successful)
        log_.info("reloaded: watching " + summary(config_));
    else
        log_.error("the configuration was not reloaded; what was in force stays");
    sd_notifyf(0, "READY=1\nSTATUS=%s", status_of(config_, parts_.urls).c_str());
    return outcome;
}

ReloadOutcome Reloader::change_config() {
    auto config = source_();
    if (!config) return refused(config.error());
    if (!same_listeners(*config, config_))
        return refused(ExitCode::kConfig,
                       "listen has changed, which takes a restart; counts go on over it");
    return put_in_force(std::move(*config));
}

ReloadOutcome Reloader::put_in_force(Config config) {
    const auto filter = lower(config);
    if (!filter) return refused(filter.error());
    if (const std::string why = obstacle(parts_.watch.foundation(), config); !why.empty())
        return refused(ExitCode::kConfig,
                       why + ": stop and start the service for it, which counts from 0");
    WebReading web = read_web(config.web_config_file);
    if (auto why = parts_.access.obstacles(web); !why.empty()) {
        parts_.access.refuse(web);
        return {ExitCode::kConfig, std::move(why)};
    }
    const auto texts = parts_.watch.reload(config, *filter);
    if (!texts) return refused(ExitCode::kUnavailable, texts.error().message());
    parts_.access.put_in_force(std::move(web));
    config_ = std::move(config);
    ReloadOutcome outcome{ExitCode::kOk, *texts};
    const auto add = [&outcome](const Result<void>& done, const char* what) {
        if (!done) outcome.lines.push_back(what + done.error().message());
    };
    add(keep_as_configured(config_, parts_.places.keeper, parts_.watch),
        "counts will not outlive this process: ");
    add(check_can_leave(config_, parts_.places.pinned, parts_.watch),
        "counts will not outlive a stop: ");
    add(watch_snippets(), "nothing is sampled: ");
    for (const std::string& text : shortfalls(config_, parts_.watch.methods()))
        outcome.lines.push_back(text);
    for (const std::string& warning : snippet_warnings(config_))
        outcome.lines.push_back(warning);
    tell_what_is_not_there(config_, log_);
    return outcome;
}

Result<void> Reloader::watch_snippets() {
    Watch& watch = parts_.watch;
    if (snippets_watched_ || watch.snippet_ring_fd() < 0) return {};
    snippets_watched_ = true;
    return parts_.loop.watch(watch.snippet_ring_fd(), [&watch] { watch.drain_snippets(); });
}

}  // namespace vfswatchd
