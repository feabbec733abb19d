// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/probe.h"
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

/// One bit for each kind of file, at place i_mode >> 12.
using FileTypeMask = std::uint16_t;

struct TargetConfig {
    std::string name;
    ConfigPlace place;
    std::vector<PidSelector> pids;     ///< empty: every process
    std::vector<PathPattern> include;  ///< empty: every file
    std::vector<PathPattern> exclude;
    FileTypeMask file_types = 0;
    LabelFields labels;
    bool latency = false;  ///< a histogram of how long its reads take
};

/// host:port or [v6]:port, checked for shape; the port is a number in 0..65535 (0: any free one).
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
    ConfigPlace place;
};

struct Limits {
    std::uint32_t max_series = 20000;
    std::uint32_t max_files = 65536;
    std::uint32_t max_tasks = 32768;
    std::chrono::seconds idle_series_timeout{15 * 60};
};

/// A checked configuration: every value is in range and every default is filled in.
struct Config {
    std::vector<ListenAddress> listen;
    ProbeWishes probe;
    Limits limits;
    std::vector<TargetConfig> targets;
};

}  // namespace vfswatchd
