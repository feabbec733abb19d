// SPDX-License-Identifier: Apache-2.0
#include "service/page.h"

#include <array>
#include <cstdio>
#include <string_view>

namespace vfswatchd {
namespace {

// Narrow screens show each row as a block of its own, with the column's name before each value.
constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>vfswatchd</title>
<style>
:root { color-scheme: light dark; --text: #1d2733; --soft: #5b6876; --line: #d9dfe6;
  --back: #f6f8fa; --card: #fff; --accent: #0b63c5; --good: #1a7f37; --bad: #b35900; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9aa7b4; --line: #30363d;
  --back: #0d1117; --card: #161b22; --accent: #6cb2ff; --good: #56d364; --bad: #f0a04b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1rem 3rem; }
h1 { font-size: 1.6rem; margin: 0; }
h1 small { font-size: .9rem; font-weight: normal; color: var(--soft); }
h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; }
p { margin: .3rem 0; color: var(--soft); }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
nav { margin: .9rem 0 0; display: flex; flex-wrap: wrap; gap: .5rem; }
nav a { border: 1px solid var(--line); border-radius: .4rem; padding: .25rem .7rem;
  background: var(--card); }
table { width: 100%; border-collapse: collapse; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; }
th { font-size: .8rem; font-weight: 600; color: var(--soft); white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums;
  overflow-wrap: normal; white-space: nowrap; }
td:first-child { font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .soft { color: var(--soft); }
@media (max-width: 40rem) {
  main { padding: 1.2rem .8rem 2rem; }
  thead { display: none; }
  tr { display: block; padding: .5rem .2rem; border-bottom: 1px solid var(--line); }
  tr:last-child { border-bottom: 0; }
  td, td.number { display: flex; gap: .8rem; justify-content: space-between; text-align: right;
    border: 0; padding: .15rem .7rem; white-space: normal; }
  td::before { content: attr(data-label); color: var(--soft); font-weight: normal;
    text-align: left; white-space: nowrap; }
  td:first-child { display: block; text-align: left; font-size: 1.05rem; }
  td:first-child::before { content: none; }
}
</style>
</head>
<body>
<main>
)";

constexpr std::string_view kEnd = "</main>\n</body>\n</html>\n";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text)
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    return out;
}

struct Column {
    std::string_view name;
    bool is_number = false;
};

constexpr auto kTargetColumns = std::to_array<Column>({{"target"},
                                                       {"processes"},
                                                       {"paths"},
                                                       {"bytes", true},
                                                       {"calls", true},
                                                       {"series", true},
                                                       {"state"}});
constexpr auto kProbeColumns =
    std::to_array<Column>({{"role"}, {"function"}, {"method"}, {"missed", true}});

template <std::size_t N>
std::string table_head(const std::array<Column, N>& columns) {
    std::string html = "<table>\n<thead><tr>";
    for (const Column& column : columns)
        html += std::string(column.is_number ? "<th class=\"number\">" : "<th>") +
                std::string(column.name) + "</th>";
    return html + "</tr></thead>\n<tbody>\n";
}

/// The cells are HTML.
template <std::size_t N>
std::string table_row(const std::array<Column, N>& columns,
                      const std::array<std::string, N>& cells) {
    std::string html = "<tr>";
    for (std::size_t i = 0; i < N; ++i)
        html += std::string("<td") + (columns[i].is_number ? " class=\"number\"" : "") +
                " data-label=\"" + std::string(columns[i].name) + "\">" + cells[i] + "</td>";
    return html + "</tr>\n";
}

/// 12,345,678
std::string with_commas(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string with_unit(std::uint64_t bytes) {
    constexpr std::array<const char*, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    constexpr double kStep = 1024;
    if (bytes < 1024) return std::to_string(bytes) + " B";
    auto amount = static_cast<double>(bytes) / kStep;
    std::size_t unit = 0;
    for (; amount >= kStep && unit + 1 < kUnits.size(); ++unit)
        amount /= kStep;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", amount, kUnits[unit]);
    return text.data();
}

std::string marked(const char* kind, const std::string& text) {
    return std::string("<span class=\"") + kind + "\">" + escaped(text) + "</span>";
}

std::string or_every(const std::string& text, const char* every) {
    return text.empty() ? marked("soft", every) : escaped(text);
}

std::string state_of(const TargetState& state, bool counts) {
    if (!counts) return marked("soft", "starting");
    if (state.overflow.calls != 0)
        return marked("bad", with_commas(state.overflow.calls) + " calls without a series");
    if (state.total.calls == 0) return marked("soft", "nothing was read yet");
    return marked("good", "counting");
}

/// Its name needs no escapes in a URL: letters, digits and _.:-
std::string link_to(const TargetState& state) {
    return "<a href=\"/metrics?target[]=" + escaped(state.target.name) + "\">" +
           escaped(state.target.name) + "</a>";
}

std::string target_row(const TargetState& state, bool counts) {
    return table_row(
        kTargetColumns,
        {link_to(state), or_every(state.target.processes, "every process"),
         or_every(state.target.paths, "every file"), with_unit(state.total.bytes),
         with_commas(state.total.calls), with_commas(state.series), state_of(state, counts)});
}

std::string probe_row(const AttachedProbe& probe) {
    return table_row(kProbeColumns,
                     {role_name(probe.role), "<code>" + escaped(probe.function) + "</code>",
                      std::string(probe.method), with_commas(probe.missed)});
}

std::string header(const Overview& overview) {
    std::string html = "<h1>vfswatchd <small>" VFSWATCHD_VERSION
                       "</small></h1>\n<p>Exact per-file read metrics: who reads what on this "
                       "machine.</p>\n<p>";
    html += overview.counts ? marked("good", "Counting") : marked("bad", "Starting");
    if (overview.counts)
        html += ", " + with_commas(overview.series) + " of at most " +
                with_commas(overview.series_limit) + " series";
    return html +
           ".</p>\n<nav><a href=\"/metrics\">metrics</a><a href=\"/healthz\">health</a>"
           "<a href=\"/readyz\">readiness</a></nav>\n";
}

}  // namespace

std::string render_page(const Overview& overview) {
    std::string page(kHead);
    page += header(overview) + "<h2>Targets</h2>\n" + table_head(kTargetColumns);
    for (const TargetState& state : overview.targets)
        page += target_row(state, overview.counts);
    page += "</tbody>\n</table>\n";
    if (overview.counts) {
        page += "<h2>Probes</h2>\n" + table_head(kProbeColumns);
        for (const AttachedProbe& probe : overview.probes)
            if (probe.attached) page += probe_row(probe);
        page += "</tbody>\n</table>\n";
    }
    page += kEnd;
    return page;
}

}  // namespace vfswatchd
