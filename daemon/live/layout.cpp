// SPDX-License-Identifier: Apache-2.0
#include "live/layout.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "live/columns.h"
#include "live/units.h"

namespace vfswatchd {
namespace {

constexpr std::string_view kHelp =
    "q quit  b bytes  c calls  s size  e errors  p path  space pause  h this line";

// Title, totals, an empty line or what stands there instead, the columns' titles.
constexpr std::size_t kLinesAbove = 4;

std::string number(std::size_t value, const char* singular, const char* plural) {
    return std::to_string(value) + " " + (value == 1 ? singular : plural);
}

/// The time is at the line's end, where it is wide enough for both.
std::string title(const Heading& heading, const Canvas& canvas) {
    const std::string text = "vfswatchctl top  " + shown_text(heading.source, canvas.charset);
    const std::size_t both = text_columns(text) + 2 + text_columns(heading.time);
    if (canvas.columns == 0) return text + "  " + heading.time;
    if (both > canvas.columns) return cut_end(text, canvas.columns, canvas.charset);
    return pad_end(text, canvas.columns - text_columns(heading.time)) + heading.time;
}

std::string totals(const Interval& interval, const Table& table, const TableChoice& choice) {
    const auto per_second = [&](std::uint64_t count) {
        return static_cast<double>(count) / interval.seconds;
    };
    std::string text = bytes_text(per_second(table.total.bytes)) + "/s  " +
                       count_text(per_second(table.total.calls)) + " calls/s  ";
    if (table.total.errors != 0) text += count_text(per_second(table.total.errors)) + " errors/s  ";
    if (!choice.path.empty()) text += "in what matches  ";
    text += number(interval.target_count, "target", "targets") + "  " +
            number(interval.series, "series", "series") + "  over " +
            decimal_text(interval.seconds, 1) + " s";
    if (interval.overflow.calls != 0)
        text += "  " + bytes_text(per_second(interval.overflow.bytes)) + "/s under no file";
    return text;
}

/// Why there are no rows, or fewer than there could be.
std::string remark(const Interval& interval, const Table& table, const TableChoice& choice) {
    if (interval.restarted && table.rows.empty())
        return "vfswatchd was started again: counting from now on";
    if (table.label_missing)
        return "no series has the label " + choice.by.label +
               ": add it to the target's `labels` in the configuration";
    if (table.all_rows == 0) return "nothing was read";
    if (table.rows.size() < table.all_rows)
        return "the first " + std::to_string(table.rows.size()) + " of " +
               std::to_string(table.all_rows) + " that were read";
    return {};
}

Line state_line(const Heading& heading, const std::string& remark) {
    if (!heading.error.empty()) return {heading.error, LineStyle::kError};
    if (heading.help) return {std::string(kHelp)};
    if (heading.paused) return {"paused: space goes on"};
    return {remark};
}

void add_above(const Heading& heading, const Interval* interval, const Table* table,
               const TableChoice& choice, const Canvas& canvas, std::vector<Line>& lines) {
    lines.push_back({title(heading, canvas), LineStyle::kTitle});
    std::string second;
    std::string remarked;
    if (interval != nullptr && table != nullptr) {
        second = totals(*interval, *table, choice);
        remarked = remark(*interval, *table, choice);
    } else {
        second = "the first rates are there after " + decimal_text(heading.wait_seconds, 1) + " s";
    }
    lines.push_back({second});
    Line state = state_line(heading, remarked);
    state.text = shown_text(state.text, canvas.charset);
    lines.push_back(std::move(state));
}

}  // namespace

std::size_t rows_that_fit(const Canvas& canvas) {
    return canvas.lines - std::min(kLinesAbove, canvas.lines);
}

std::vector<Line> lay_out(const Heading& heading, const Interval* interval, const Table* table,
                          const TableChoice& choice, const Canvas& canvas) {
    std::vector<Line> lines;
    add_above(heading, interval, table, choice, canvas, lines);
    if (canvas.columns != 0)
        for (Line& line : lines)
            line.text = cut_end(line.text, canvas.columns, canvas.charset);
    if (interval != nullptr && table != nullptr) {
        LineStyle style = LineStyle::kColumns;
        for (std::string& text :
             table_lines(*table, choice, interval->seconds, canvas.columns, canvas.charset))
            lines.push_back({std::move(text), std::exchange(style, LineStyle::kPlain)});
    }
    if (canvas.lines != 0 && lines.size() > canvas.lines) lines.resize(canvas.lines);
    return lines;
}

}  // namespace vfswatchd
