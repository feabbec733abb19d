// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/probe.h"
#include "model/snippet.h"
#include "model/target.h"

namespace vfswatchd {

/// Where a value stands, counted from 1 as editors do. Line 0: not from a file (flag, default).
struct ConfigPlace {
    std::string file;
    int line = 0;
    int column = 0;
};

/// A pattern over the path as the series' label shows it (`\xNN`, `\\` escapes included).
struct PathPattern {
    std::string text;
    ConfigPlace place;
};

struct PidSelector {
    std::uint32_t pid = 0;
    ConfigPlace place;
};

/// A process's comm, an executable's path, a unit or a cgroup; the last three may be patterns.
struct TextSelector {
    std::string text;
    ConfigPlace place;
};

struct UidSelector {
    std::uint32_t uid = 0;
    ConfigPlace place;
};

/// What a target's `processes` names; a process matches when any of these does. All empty: every
/// process.
struct ProcessSelectors {
    std::vector<PidSelector> pids;
    std::vector<TextSelector> comms;    ///< thread-group leader's comm, at most 15 bytes, exact
    std::vector<TextSelector> exes;     ///< path patterns
    std::vector<TextSelector> units;    ///< systemd units with all below; `*` and `?` are wildcards
    std::vector<TextSelector> cgroups;  ///< path patterns below the cgroup root, `/` first
    std::vector<UidSelector> uids;
    bool follow_children = false;  ///< descendants of a matching process match too

    [[nodiscard]] bool empty() const {
        return pids.empty() && comms.empty() && exes.empty() && units.empty() && cgroups.empty() &&
               uids.empty();
    }
};

/// One bit for each kind of file, at place i_mode >> 12.
using FileTypeMask = std::uint16_t;

struct TargetConfig {
    std::string name;
    ConfigPlace place;
    ProcessSelectors processes;
    std::vector<PathPattern> include;  ///< empty: every file
    std::vector<PathPattern> exclude;
    FileTypeMask file_types = 0;
    LabelFields labels;
    std::uint32_t max_files = 0;           ///< its share of limits.max_files; 0: all of them
    bool latency = false;                  ///< a histogram of how long its reads take
    std::optional<SnippetRules> snippets;  ///< absent: nothing is ever copied
};

/// host:port or [v6]:port, checked for shape; the port is a number in 0..65535 (0: any free one).
struct ListenAddress {
    std::string host;  ///< of a unix socket: its path
    std::uint16_t port = 0;
    bool systemd = false;  ///< all sockets that systemd passes, instead of a host and a port
    bool is_unix = false;
    std::uint32_t mode = 0660;           ///< of a unix socket
    std::optional<std::uint32_t> group;  ///< of a unix socket; absent: the daemon's own
    ConfigPlace place;
};

struct Limits {
    std::uint32_t max_series = 20000;
    std::uint32_t max_files = 65536;
    std::uint32_t max_tasks = 32768;
    std::uint32_t snippets_per_second = 100;
    std::chrono::seconds idle_series_timeout{15 * 60};
};

/// Whose mount namespace paths are shown by.
enum class PathView { kProcess, kHost };

/// A checked configuration: every value is in range and every default is filled in.
struct Config {
    std::vector<ListenAddress> listen;
    /// Nothing was named: `listen` has the default address, for where systemd passes no sockets.
    bool listens_by_default = false;
    /// Certificates, users and headers of the endpoint; empty: plain HTTP for everybody.
    std::string web_config_file;
    ProbeWishes probe;
    PathView path_view = PathView::kProcess;
    bool persist = true;           ///< counts and probes outlive a restart or crash of the service
    bool persist_on_stop = false;  ///< and a clean stop
    Limits limits;
    std::vector<TargetConfig> targets;
};

}  // namespace vfswatchd
