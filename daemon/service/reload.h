// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/parse.h"
#include "service/estate.h"
#include "service/log.h"
#include "service/loop.h"
#include "service/reload_outcome.h"
#include "service/watch.h"
#include "service/web_access.h"

namespace vfswatchd {

/// Reads and checks the configuration, as the start does.
using ConfigSource = std::function<ConfigOrFaults()>;

/// Puts a changed configuration in force, or nothing of it.
/// Thread: the loop.
class Reloader {
  public:
    /// What a configuration is put in force on; all of it outlives this.
    struct Parts {
        Watch& watch;
        EstatePlaces places;
        Loop& loop;
        WebAccess& access;
        std::string urls;  ///< where the metrics are
    };

    /// `config` is in force.
    Reloader(ConfigSource source, Config config, Parts parts, const Log& log);

    /// Takes some seconds where the kernel verifies programs slowly. systemd is told when it begins
    /// and ends, and the log what came of it.
    [[nodiscard]] ReloadOutcome reload();

    /// Takes sampled reads out of the kernel as they come, if there are any.
    [[nodiscard]] Result<void> watch_snippets();

    /// What is in force.
    [[nodiscard]] const Config& config() const { return config_; }

  private:
    [[nodiscard]] ReloadOutcome change_config();
    [[nodiscard]] ReloadOutcome put_in_force(Config config);

    ConfigSource source_;
    Config config_;
    Parts parts_;
    const Log& log_;
    bool snippets_watched_ = false;
};

/// As `systemctl status` shows it.
[[nodiscard]] std::string status_of(const Config& config, const std::string& urls);

/// Begins or ends to keep the counts for the next process, as the configuration wants it.
/// Errors: they will not outlive this one.
[[nodiscard]] Result<void> keep_as_configured(const Config& config, Keeper* keeper, Watch& watch);

/// Could the counts be left at a stop, where the configuration wants it?
/// Errors: why they will end with it.
[[nodiscard]] Result<void> check_can_leave(const Config& config, const PinnedState* pinned,
                                           Watch& watch);
/// At a stop, behind the last page: leaves them where the configuration wants it. False: it does
/// not. Errors: they end with it.
[[nodiscard]] Result<bool> leave_as_configured(const Config& config, const PinnedState* pinned,
                                               Watch& watch);

/// In a thread of its own that nobody waits for: a path may lie on a network file system whose
/// server is gone.
void tell_what_is_not_there(const Config& config, const Log& log);

}  // namespace vfswatchd
