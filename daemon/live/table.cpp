// SPDX-License-Identifier: Apache-2.0
#include "live/table.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace vfswatchd {
namespace {

struct SortName {
    SortKey key;
    std::string_view name;
};

constexpr auto kSortNames = std::to_array<SortName>({
    {SortKey::kBytes, "bytes"},
    {SortKey::kCalls, "calls"},
    {SortKey::kSize, "size"},
    {SortKey::kErrors, "errors"},
    {SortKey::kPath, "path"},
});

void add(ReadCounts& sum, const ReadCounts& counts) {
    sum.bytes += counts.bytes;
    sum.calls += counts.calls;
    sum.errors += counts.errors;
}

/// What the rows of these series are told apart by.
Labels row_labels(const Labels& labels, const Grouping& by) {
    const auto of = [&](const std::string& name) {
        return Label{name, std::string(label_value(labels, name))};
    };
    switch (by.kind) {
        case RowKind::kFile:
            return {of("path"), of("target")};
        case RowKind::kTarget:
            return {of("target")};
        case RowKind::kLabel:
            return {of(by.label)};
        case RowKind::kSeries:
            break;
    }
    return labels;
}

/// 0xff is in no label: it keeps the values apart.
std::string key_of(const Labels& labels) {
    std::string key;
    for (const Label& label : labels)
        key += label.name + "\xff" + label.value + "\xff";
    return key;
}

std::vector<Row> group(const std::vector<Growth>& grown, const TableChoice& choice) {
    std::vector<Row> rows;
    std::unordered_map<std::string, std::size_t> places;
    for (const Growth& growth : grown) {
        const bool wanted =
            choice.path.empty() ||
            matches_path(choice.path, std::string(label_value(*growth.labels, "path")));
        if (!wanted) continue;
        Labels labels = row_labels(*growth.labels, choice.by);
        const auto [place, is_new] = places.try_emplace(key_of(labels), rows.size());
        if (is_new) rows.push_back({std::move(labels), {}});
        add(rows[place->second].counts, growth.counts);
    }
    return rows;
}

/// Is a's mean read larger? Without a division, which would make neighbours equal.
bool larger_reads(const ReadCounts& a, const ReadCounts& b) {
    if (a.calls == 0 || b.calls == 0) return a.calls > b.calls;
    __extension__ using Wide = unsigned __int128;
    return Wide{a.bytes} * b.calls > Wide{b.bytes} * a.calls;
}

bool by_name(const Row& a, const Row& b) {
    return std::lexicographical_compare(
        a.labels.begin(), a.labels.end(), b.labels.begin(), b.labels.end(),
        [](const Label& x, const Label& y) { return x.value < y.value; });
}

bool by_path(const Row& a, const Row& b) {
    const std::string_view of_a = label_value(a.labels, "path");
    const std::string_view of_b = label_value(b.labels, "path");
    return of_a == of_b ? by_name(a, b) : of_a < of_b;
}

/// Whether a row comes before another: the largest first, equal ones by their names.
bool comes_first(const Row& a, const Row& b, SortKey key) {
    const ReadCounts& x = a.counts;
    const ReadCounts& y = b.counts;
    switch (key) {
        case SortKey::kCalls:
            if (x.calls != y.calls) return x.calls > y.calls;
            break;
        case SortKey::kSize:
            if (larger_reads(x, y) || larger_reads(y, x)) return larger_reads(x, y);
            break;
        case SortKey::kErrors:
            if (x.errors != y.errors) return x.errors > y.errors;
            break;
        case SortKey::kPath:
            return by_path(a, b);
        case SortKey::kBytes:
            break;
    }
    return x.bytes == y.bytes ? by_path(a, b) : x.bytes > y.bytes;
}

ReadCounts total(const std::vector<Growth>& grown) {
    ReadCounts sum;
    for (const Growth& growth : grown)
        add(sum, growth.counts);
    return sum;
}

ReadCounts total(const std::vector<Row>& rows) {
    ReadCounts sum;
    for (const Row& row : rows)
        add(sum, row.counts);
    return sum;
}

bool has_label(const std::vector<Growth>& grown, const std::string& name) {
    return std::any_of(grown.begin(), grown.end(), [&](const Growth& growth) {
        return std::any_of(growth.labels->begin(), growth.labels->end(),
                           [&](const Label& label) { return label.name == name; });
    });
}

}  // namespace

bool matches_path(const std::string& pattern, const std::string& path) {
    if (pattern.find_first_of("*?[") == std::string::npos)
        return path.find(pattern) != std::string::npos;
    // A backslash in a path is there for itself.
    return fnmatch(pattern.c_str(), path.c_str(), FNM_NOESCAPE) == 0;
}

std::optional<SortKey> sort_key_of(std::string_view name) {
    for (const SortName& known : kSortNames)
        if (known.name == name) return known.key;
    return std::nullopt;
}

std::string_view sort_key_name(SortKey key) {
    for (const SortName& known : kSortNames)
        if (known.key == key) return known.name;
    return {};
}

Table make_table(const Interval& interval, const TableChoice& choice) {
    const bool whole_targets = choice.by.kind == RowKind::kTarget && choice.path.empty();
    Table table;
    table.rows = group(whole_targets ? interval.targets : interval.files, choice);
    table.all_rows = table.rows.size();
    table.total = choice.path.empty() ? total(interval.targets) : total(table.rows);
    table.label_missing = choice.by.kind == RowKind::kLabel && !interval.files.empty() &&
                          !has_label(interval.files, choice.by.label);
    const auto shown = static_cast<std::ptrdiff_t>(std::min(choice.most_rows, table.all_rows));
    std::partial_sort(table.rows.begin(), table.rows.begin() + shown, table.rows.end(),
                      [&](const Row& a, const Row& b) { return comes_first(a, b, choice.sort); });
    table.rows.resize(static_cast<std::size_t>(shown));
    return table;
}

}  // namespace vfswatchd
