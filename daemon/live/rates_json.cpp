// SPDX-License-Identifier: Apache-2.0
#include "live/rates_json.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include "base/json_text.h"
#include "live/units.h"

namespace vfswatchd {
namespace {

// A thousandth of a byte a second is nobody's business.
constexpr int kDigits = 3;

std::string utc_time(std::chrono::system_clock::time_point time) {
    const time_t seconds = std::chrono::system_clock::to_time_t(time);
    tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

std::string_view kind_name(const Grouping& by) {
    switch (by.kind) {
        case RowKind::kFile:
            return "file";
        case RowKind::kSeries:
            return "series";
        case RowKind::kTarget:
            return "target";
        case RowKind::kLabel:
            break;
    }
    return by.label;
}

std::string counts_json(const ReadCounts& counts, double seconds) {
    const auto rate = [&](std::uint64_t count) {
        return decimal_text(static_cast<double>(count) / seconds, kDigits);
    };
    return "\"bytes\":" + std::to_string(counts.bytes) +
           ",\"calls\":" + std::to_string(counts.calls) +
           ",\"errors\":" + std::to_string(counts.errors) +
           ",\"bytes_per_second\":" + rate(counts.bytes) +
           ",\"calls_per_second\":" + rate(counts.calls) +
           ",\"errors_per_second\":" + rate(counts.errors);
}

std::string row_json(const Row& row, double seconds) {
    std::string json = "{\"labels\":{";
    for (const Label& label : row.labels) {
        if (&label != &row.labels.front()) json += ',';
        json += json_text(label.name) + ":" + json_text(label.value);
    }
    json += "}," + counts_json(row.counts, seconds) + ",\"mean_read_bytes\":";
    if (row.counts.calls == 0) return json + "null}";
    const auto calls = static_cast<double>(row.counts.calls);
    return json + decimal_text(static_cast<double>(row.counts.bytes) / calls, kDigits) + "}";
}

}  // namespace

std::string rates_json(const std::string& source, std::chrono::system_clock::time_point time,
                       const Interval& interval, const Table& table, const TableChoice& choice) {
    std::string json = "{\"time\":\"" + utc_time(time) + "\",\"source\":" + json_text(source) +
                       ",\"interval_seconds\":" + decimal_text(interval.seconds, kDigits) +
                       ",\"restarted\":" + (interval.restarted ? "true" : "false") +
                       ",\"targets\":" + std::to_string(interval.target_count) +
                       ",\"series\":" + std::to_string(interval.series) +
                       ",\"by\":" + json_text(kind_name(choice.by)) +
                       ",\"sort\":" + json_text(sort_key_name(choice.sort)) + ",\"total\":{" +
                       counts_json(table.total, interval.seconds) + "},\"overflow\":{" +
                       counts_json(interval.overflow, interval.seconds) +
                       "},\"all_rows\":" + std::to_string(table.all_rows) + ",\"rows\":[";
    for (const Row& row : table.rows) {
        if (&row != &table.rows.front()) json += ',';
        json += row_json(row, interval.seconds);
    }
    return json + "]}\n";
}

}  // namespace vfswatchd
