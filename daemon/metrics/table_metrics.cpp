// SPDX-License-Identifier: Apache-2.0
#include "metrics/table_metrics.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/errno_name.h"
#include "metrics/escape.h"
#include "metrics/histogram.h"
#include "metrics/text_format.h"

namespace vfswatchd {
namespace {

std::string label_set(std::string_view name, std::string_view value) {
    std::string labels = "{";
    append_label(labels, name, value);
    return labels + '}';
}

std::string label_set(std::string_view first, std::string_view first_value, std::string_view second,
                      std::string_view second_value) {
    std::string labels = "{";
    append_label(labels, first, first_value);
    labels += ',';
    append_label(labels, second, second_value);
    return labels + '}';
}

/// One of the targets that the page shows, with its books.
struct Shown {
    const Target& target;
    const TargetBooks& books;
};

std::vector<Shown> shown_targets(const SeriesTable& table, const TargetChoice& choice) {
    std::vector<Shown> shown;
    for (std::size_t i = 0; i < table.books().size(); ++i)
        if (choice.has(table.targets()[i].name))
            shown.push_back({table.targets()[i], table.books()[i]});
    return shown;
}

void append_totals(std::string& out, const std::vector<Shown>& shown, const Metric& metric,
                   std::uint64_t ReadCounts::*field) {
    if (shown.empty()) return;
    append_family_header(out, metric);
    for (const auto& [target, books] : shown)
        append_sample(out, metric, label_set("target", target.name), books.total.*field);
}

void append_overflow(std::string& out, const std::vector<Shown>& shown, bool paths_hidden,
                     const Metric& metric, std::uint64_t ReadCounts::*field) {
    if (shown.empty()) return;
    append_family_header(out, metric);
    for (const auto& [target, books] : shown) {
        append_sample(out, metric, label_set("target", target.name, "reason", "series_limit"),
                      books.over_series_limit.*field);
        append_sample(out, metric, label_set("target", target.name, "reason", "map_full"),
                      books.over_map_full.*field);
        if (paths_hidden)
            append_sample(out, metric, label_set("target", target.name, "reason", "path_hidden"),
                          books.over_path_hidden.*field);
    }
}

std::string errno_label(int number) {
    if (number == 0) return "other";
    const std::string_view name = errno_name(number);
    return name.empty() ? std::to_string(number) : std::string(name);
}

void append_errnos(std::string& out, const std::vector<Shown>& shown) {
    constexpr const Metric& kMetric = metric("vfswatch_target_read_errors_total");
    bool has_header = false;
    for (const auto& [target, books] : shown) {
        for (const auto& [number, calls] : books.errnos) {
            if (!has_header) append_family_header(out, kMetric);
            has_header = true;
            append_sample(out, kMetric,
                          label_set("target", target.name, "errno", errno_label(number)), calls);
        }
    }
}

void append_durations(std::string& out, const std::vector<Shown>& shown) {
    constexpr const Metric& kMetric = metric("vfswatch_target_read_duration_seconds");
    bool has_header = false;
    for (const auto& [target, books] : shown) {
        if (!target.latency) continue;
        if (!has_header) append_family_header(out, kMetric);
        has_header = true;
        append_histogram(out, kMetric, target.name, books.durations);
    }
}

void append_unattributed(std::string& out, const SeriesTable& table, const Metric& metric,
                         std::uint64_t ReadCounts::*field) {
    if (table.unattributed().empty()) return;
    append_family_header(out, metric);
    for (const auto& [reason, counts] : table.unattributed()) {
        append_sample(out, metric, label_set("reason", reason), counts.*field);
    }
}

void append_single(std::string& out, const Metric& metric, std::uint64_t value) {
    append_family_header(out, metric);
    append_sample(out, metric, "", value);
}

}  // namespace

std::string render_table_metrics(const SeriesTable& table, const TargetChoice& choice) {
    const std::vector<Shown> shown = shown_targets(table, choice);
    std::string out;
    append_totals(out, shown, metric("vfswatch_target_read_bytes_total"), &ReadCounts::bytes);
    append_totals(out, shown, metric("vfswatch_target_read_calls_total"), &ReadCounts::calls);
    append_errnos(out, shown);
    append_durations(out, shown);
    append_overflow(out, shown, table.paths_hidden(), metric("vfswatch_overflow_read_bytes_total"),
                    &ReadCounts::bytes);
    append_overflow(out, shown, table.paths_hidden(), metric("vfswatch_overflow_read_calls_total"),
                    &ReadCounts::calls);
    append_unattributed(out, table, metric("vfswatch_unattributed_read_bytes_total"),
                        &ReadCounts::bytes);
    append_unattributed(out, table, metric("vfswatch_unattributed_read_calls_total"),
                        &ReadCounts::calls);
    append_single(out, metric("vfswatch_series"), table.series_count());
    append_single(out, metric("vfswatch_series_limit"), table.series_limit());
    append_single(out, metric("vfswatch_paths_truncated_total"), table.paths_truncated());
    append_single(out, metric("vfswatch_paths_unresolved_total"), table.paths_unresolved());
    return out;
}

}  // namespace vfswatchd
