// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace vfswatchd {

enum class MetricKind { counter, gauge, histogram };

struct Metric {
    std::string_view name;
    MetricKind kind;
    std::string_view labels;  ///< as the reference page shows them; empty: none
    std::string_view help;    ///< one line; no backslash, which the serializer does not escape
};

constexpr std::string_view kind_name(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter:
            return "counter";
        case MetricKind::gauge:
            return "gauge";
        case MetricKind::histogram:
            return "histogram";
    }
    return {};
}

/// Of every metric of a file; those in brackets where the target asks for them.
inline constexpr std::string_view kFileLabels =
    "target, path, [pid], [comm], [uid], [unit], [cgroup], [container], [pod], [device], [inode], "
    "[call]";

/// Every metric of the endpoint, in the order of the reference page.
inline constexpr auto kCatalogue = std::to_array<Metric>({
    {"vfswatch_file_read_bytes_total", MetricKind::counter, kFileLabels,
     "Bytes that reads of this file returned, as the kernel accounts them in rchar."},
    {"vfswatch_file_read_calls_total", MetricKind::counter, kFileLabels,
     "Read calls of this file, as the kernel accounts them in syscr; errors and end of file "
     "included."},
    {"vfswatch_file_read_errors_total", MetricKind::counter, kFileLabels,
     "Read calls of this file that failed; only present where not 0."},
    {"vfswatch_file_read_eofs_total", MetricKind::counter, kFileLabels,
     "Read calls of this file that asked for bytes and got none; only present where not 0."},
    {"vfswatch_target_read_bytes_total", MetricKind::counter, "target",
     "Bytes of all the target's reads, overflow and files that left the endpoint included."},
    {"vfswatch_target_read_calls_total", MetricKind::counter, "target",
     "All the target's read calls, overflow and files that left the endpoint included."},
    {"vfswatch_target_read_errors_total", MetricKind::counter, "target, errno",
     "The target's read calls that failed, by error; present from an error's first time on."},
    {"vfswatch_target_read_duration_seconds", MetricKind::histogram, "target",
     "How long the target's reads took, from the permission check or the entry of the call to its "
     "end."},
    {"vfswatch_overflow_read_bytes_total", MetricKind::counter, "target, reason",
     "Bytes that were counted for the target, but not under a file of their own."},
    {"vfswatch_overflow_read_calls_total", MetricKind::counter, "target, reason",
     "Read calls that were counted for the target, but not under a file of their own."},
    {"vfswatch_unattributed_read_bytes_total", MetricKind::counter, "reason",
     "Bytes of wanted processes that no file could be charged with."},
    {"vfswatch_unattributed_read_calls_total", MetricKind::counter, "reason",
     "Read calls of wanted processes that no file could be charged with."},
    {"vfswatch_dropped_total", MetricKind::counter, "reason",
     "Events that the kernel side could not deliver."},
    {"vfswatch_probe_attached", MetricKind::gauge, "role, function, method",
     "1 while the probe is attached."},
    {"vfswatch_probe_missed_total", MetricKind::counter, "role, function",
     "Times that the probed function ran without the probe. accounting: those reads may be charged "
     "to the file that their task read before (with method exit: they are not counted), and at a "
     "task's end its row in the task table is not given back; exit: their errors, ends of file and "
     "durations are not counted; paths: files below were under their old path for up to a second; "
     "snippets: they were not sampled, as with a missed start of the exit role's pair."},
    {"vfswatch_map_entries", MetricKind::gauge, "map",
     "Entries in use in the BPF map; only present where the daemon knows."},
    {"vfswatch_map_capacity", MetricKind::gauge, "map", "Entries that the BPF map can hold."},
    {"vfswatch_map_memory_bytes", MetricKind::gauge, "map",
     "Kernel memory that the BPF map is charged with."},
    {"vfswatch_series", MetricKind::gauge, "",
     "Files on the endpoint, each combination of labels one."},
    {"vfswatch_series_limit", MetricKind::gauge, "",
     "Ceiling of vfswatch_series; reads beyond it are added to the overflow counters."},
    {"vfswatch_snippets_total", MetricKind::counter, "target, outcome",
     "Sampled reads by what became of them; only of targets with snippets."},
    {"vfswatch_snippets_sampled_total", MetricKind::counter, "target",
     "Reads that were sampled: the sum of vfswatch_snippets_total over all outcomes, once none is "
     "on its way."},
    {"vfswatch_state_resets_total", MetricKind::counter, "reason",
     "Times that counts of the process before could not be gone on with and start from 0."},
    {"vfswatch_paths_resolved_total", MetricKind::counter, "",
     "Walks from a file to the root: at the first sight of a name, and after renames of "
     "directories "
     "and changes of mounts."},
    {"vfswatch_paths_truncated_total", MetricKind::counter, "",
     "Series whose path was too long or too deep and lacks its beginning."},
    {"vfswatch_paths_unresolved_total", MetricKind::counter, "",
     "Series whose path is the reader's, since the host's mount namespace shows no such file."},
    {"vfswatch_config_last_reload_successful", MetricKind::gauge, "",
     "1 when the last attempt to load the configuration succeeded."},
    {"vfswatch_config_last_reload_success_timestamp_seconds", MetricKind::gauge, "",
     "When the configuration in force was loaded, in Unix time."},
    {"vfswatch_web_config_last_reload_successful", MetricKind::gauge, "",
     "1 when the last reading of the web config file, its certificates and keys succeeded; absent "
     "where there is none."},
    {"vfswatch_target_info", MetricKind::gauge, "target, processes, paths",
     "1; what the target is configured to watch, shortened."},
    {"vfswatch_build_info", MetricKind::gauge, "version, revision, compiler, libbpf, kernel",
     "1; what is running, and on which kernel."},
    {"vfswatch_scrape_duration_seconds", MetricKind::gauge, "",
     "How long the scrape before this one took; absent at the first."},
    {"process_cpu_seconds_total", MetricKind::counter, "",
     "User and system CPU time that the daemon spent."},
    {"process_open_fds", MetricKind::gauge, "", "The daemon's open file descriptors."},
    {"process_max_fds", MetricKind::gauge, "", "Ceiling of the daemon's open file descriptors."},
    {"process_virtual_memory_bytes", MetricKind::gauge, "", "The daemon's virtual memory."},
    {"process_resident_memory_bytes", MetricKind::gauge, "", "The daemon's resident memory."},
    {"process_start_time_seconds", MetricKind::gauge, "",
     "When the daemon was started, in Unix time."},
    {"process_threads", MetricKind::gauge, "", "The daemon's threads."},
});

/// The catalogue's entry of that name; a name that it lacks does not compile.
consteval const Metric& metric(std::string_view name) {
    for (const Metric& entry : kCatalogue) {
        if (entry.name == name) return entry;
    }
    throw "not in the catalogue";
}

}  // namespace vfswatchd
