// SPDX-License-Identifier: Apache-2.0
#include "live/columns.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <string_view>
#include <utility>

#include "live/units.h"

namespace vfswatchd {
namespace {

enum class Fit { kNumber, kName, kPath };

struct Column {
    std::string title;
    Fit fit = Fit::kName;
    int need = 0;          ///< columns of smaller need are left out first
    std::size_t most = 0;  ///< share of a line, one in so many; 0: what is left
    std::vector<std::string> cells;
    std::size_t width = 0;
};

constexpr std::size_t kGap = 2;
// A path that is cut below this shows neither where it is nor what it is called.
constexpr std::size_t kLeastName = 16;
constexpr int kNeeded = 9;
constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

double rate(std::uint64_t count, double seconds) {
    return static_cast<double>(count) / seconds;
}

std::string mean_text(const ReadCounts& counts) {
    if (counts.calls == 0) return "-";
    return bytes_text(rate(counts.bytes, static_cast<double>(counts.calls)));
}

/// The column that the rows are sorted by is marked, and is the last to go.
Column number_column(const char* title, int need, SortKey key, SortKey sort) {
    Column column;
    column.title = std::string(key == sort ? "*" : "") + title;
    column.fit = Fit::kNumber;
    column.need = key == sort ? kNeeded : need;
    return column;
}

void add_numbers(const Table& table, SortKey sort, double seconds, std::vector<Column>& columns) {
    Column bytes = number_column("BYTES/s", kNeeded, SortKey::kBytes, sort);
    Column calls = number_column("CALLS/s", 4, SortKey::kCalls, sort);
    Column size = number_column("MEAN", 3, SortKey::kSize, sort);
    Column errors = number_column("ERR/s", 1, SortKey::kErrors, sort);
    for (const Row& row : table.rows) {
        bytes.cells.push_back(bytes_text(rate(row.counts.bytes, seconds)));
        calls.cells.push_back(count_text(rate(row.counts.calls, seconds)));
        size.cells.push_back(mean_text(row.counts));
        errors.cells.push_back(count_text(rate(row.counts.errors, seconds)));
    }
    for (Column* column : {&bytes, &calls, &size, &errors}) {
        // As wide as any number: columns that jump between two pictures cannot be read.
        column->width = column == &errors ? 6 : kAmountColumns;
        columns.push_back(std::move(*column));
    }
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

/// `comm=tar uid=0`: what tells apart the series of one file.
std::string other_labels(const Labels& labels) {
    std::string text;
    for (const Label& label : labels) {
        if (label.name == "target" || label.name == "path") continue;
        text += (text.empty() ? "" : " ") + label.name + "=" + label.value;
    }
    return text;
}

Column name_column(std::string title, Fit fit, int need, std::size_t most) {
    Column column;
    column.title = std::move(title);
    column.fit = fit;
    column.need = need;
    column.most = most;
    return column;
}

template <typename TextOf>
void add_names(const Table& table, Charset charset, Column column, TextOf text_of,
               std::vector<Column>& columns) {
    for (const Row& row : table.rows) {
        const std::string text = text_of(row.labels);
        column.cells.push_back(text.empty() ? "-" : shown_text(text, charset));
    }
    columns.push_back(std::move(column));
}

void add_names(const Table& table, const Grouping& by, SortKey sort, Charset charset,
               std::vector<Column>& columns) {
    const auto value_of = [](const std::string& name) {
        return [name](const Labels& labels) { return std::string(label_value(labels, name)); };
    };
    if (by.kind == RowKind::kTarget || by.kind == RowKind::kLabel) {
        const std::string name = by.kind == RowKind::kTarget ? "target" : by.label;
        const Fit fit = name == "path" || name == "cgroup" ? Fit::kPath : Fit::kName;
        return add_names(table, charset, name_column(upper(name), fit, kNeeded, 0), value_of(name),
                         columns);
    }
    add_names(table, charset, name_column("TARGET", Fit::kName, 2, 6), value_of("target"), columns);
    if (by.kind == RowKind::kSeries)
        add_names(table, charset, name_column("LABELS", Fit::kName, 5, 3), other_labels, columns);
    const char* title = sort == SortKey::kPath ? "*PATH" : "PATH";
    add_names(table, charset, name_column(title, Fit::kPath, kNeeded, 0), value_of("path"),
              columns);
}

void measure(Column& column, std::size_t line) {
    std::size_t width = text_columns(column.title);
    for (const std::string& cell : column.cells)
        width = std::max(width, text_columns(cell));
    if (column.fit == Fit::kNumber) width = std::max(width, column.width);
    if (column.most != 0)
        width = std::min(width, std::max(text_columns(column.title), line / column.most));
    column.width = width;
}

/// What the columns but the last take, gaps included.
std::size_t taken(const std::vector<Column>& columns) {
    std::size_t width = 0;
    for (std::size_t i = 0; i + 1 < columns.size(); ++i)
        width += columns[i].width + kGap;
    return width;
}

void drop_least_needed(std::vector<Column>& columns) {
    columns.erase(
        std::min_element(columns.begin(), columns.end(),
                         [](const Column& a, const Column& b) { return a.need < b.need; }));
}

void fit(std::vector<Column>& columns, std::size_t line) {
    for (Column& column : columns)
        measure(column, line);
    const auto droppable = [](const Column& column) { return column.need < kNeeded; };
    while (line < taken(columns) + kLeastName &&
           std::any_of(columns.begin(), columns.end(), droppable))
        drop_least_needed(columns);
    if (line == kUnlimited) return;
    columns.back().width = line - std::min(taken(columns), line);
}

std::string cell_text(const Column& column, const std::string& text, Charset charset) {
    if (column.fit == Fit::kNumber) return pad_begin(text, column.width);
    const std::string cut = column.fit == Fit::kPath ? cut_middle(text, column.width, charset)
                                                     : cut_end(text, column.width, charset);
    return pad_end(cut, column.width);
}

template <typename TextOf>
std::string line_of(const std::vector<Column>& columns, TextOf text_of, std::size_t line,
                    Charset charset) {
    std::string text;
    for (const Column& column : columns) {
        if (!text.empty()) text.append(kGap, ' ');
        text += cell_text(column, text_of(column), charset);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return line == kUnlimited ? text : cut_end(text, line, charset);
}

}  // namespace

std::vector<std::string> table_lines(const Table& table, const TableChoice& choice, double seconds,
                                     std::size_t columns, Charset charset) {
    const std::size_t line = columns == 0 ? kUnlimited : columns;
    std::vector<Column> shown;
    add_numbers(table, choice.sort, seconds, shown);
    add_names(table, choice.by, choice.sort, charset, shown);
    fit(shown, line);
    std::vector<std::string> lines;
    lines.push_back(line_of(
        shown, [](const Column& column) { return column.title; }, line, charset));
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        lines.push_back(line_of(
            shown, [&](const Column& column) { return column.cells[row]; }, line, charset));
    return lines;
}

}  // namespace vfswatchd
