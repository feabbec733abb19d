// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/process_metrics.h"
#include "model/snippet.h"
#include "model/target.h"
#include "model/target_choice.h"

namespace vfswatchd {

struct BuildInfo {
    std::string version;
    std::string revision;
    std::string compiler;
    std::string libbpf;
    std::string kernel;
};

struct ProbeRow {
    std::string role;
    std::string function;
    std::string method;
    bool attached = true;
};

struct MissedRow {
    std::string role;
    std::string function;
    std::uint64_t count = 0;
};

struct MapRow {
    std::string name;
    std::optional<std::uint64_t> entries;  ///< absent: nobody counts them
    std::uint64_t capacity = 0;
    std::uint64_t memory_bytes = 0;
};

struct DroppedRow {
    std::string reason;
    std::uint64_t count = 0;
};

/// Why the counts of the process before were of no use to this one.
struct StateResets {
    std::uint64_t layout = 0;   ///< another version's, with other tables
    std::uint64_t config = 0;   ///< it decided other reads
    std::uint64_t damaged = 0;  ///< something was missing
};

/// The daemon at one scrape, as the parts around the series table know it.
struct SelfMetrics {
    BuildInfo build;
    std::vector<ProbeRow> probes;
    std::vector<MissedRow> missed;
    std::vector<MapRow> maps;
    std::vector<DroppedRow> dropped;      ///< every reason, also at 0
    std::vector<SnippetCounts> snippets;  ///< of targets that sample
    StateResets state_resets;
    std::uint64_t paths_resolved = 0;
    bool config_last_reload_successful = true;
    double config_last_reload_success_timestamp_seconds = 0;  ///< Unix time
    std::optional<bool> web_config_last_reload_successful;    ///< absent: there is none
    std::optional<double> last_scrape_duration_seconds;       ///< absent before the first scrape
    ProcessMetrics process;
};

/// As exposition text, by prometheus-cpp's serializer; families without a sample are left out, and
/// what is of a target that was not chosen.
std::string render_self_metrics(const SelfMetrics& self, const std::vector<Target>& targets,
                                const TargetChoice& choice = {});

}  // namespace vfswatchd
