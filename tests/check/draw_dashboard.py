#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""draw_dashboard.py URL NAME FILE: draws a dashboard of what a Prometheus answers, as an SVG picture:
the panels where Grafana puts them, with their titles, units and series. For pictures in
documentation, and to look at panels where there is no Grafana."""
import argparse
import html
import pathlib
import sys

from dashboards_live import ask, busiest_path, escaped
from grafana_panels import dashboards, substituted

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTH, COLUMNS, ROW = 1280, 24, 38
GAP, PAD, TITLE = 8, 12, 26
LINES, LEGEND_ROWS, TABLE_ROWS = 10, 4, 8
COLOURS = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#b7b3ff",
           "#f2c96d", "#9ac48a")
BACK, CARD, TEXT, SOFT, GRID = "#111217", "#181b1f", "#d8d9da", "#9fa7b3", "#2c3235"
STEPS = {"Bps": (1024, ("B/s", "KiB/s", "MiB/s", "GiB/s")), "bytes": (1024, ("B", "KiB", "MiB", "GiB")),
         "decbytes": (1000, ("B", "kB", "MB", "GB")), "cps": (1000, ("c/s", "Kc/s", "Mc/s")),
         "short": (1000, ("", " K", " Mil"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("name", help="overview, file or health")
    parser.add_argument("file")
    parser.add_argument("--range", type=int, default=300, metavar="SECONDS")
    parser.add_argument("--rate-interval", type=int, default=60, metavar="SECONDS")
    options = parser.parse_args()
    dashboard = dashboards(ROOT)[options.name]
    panels = dashboard["panels"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) * ROW + 60
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'font-family="DejaVu Sans, sans-serif"><rect width="100%" height="100%" fill="{BACK}"/>',
             text(GAP * 2, 34, dashboard["title"], 20, TEXT)]
    for panel in panels:
        parts.append(drawn(options, panel))
    pathlib.Path(options.file).write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")
    print(f"{options.file}: {len(panels)} panels")
    return 0


def text(x, y, words, size=12, fill=TEXT, anchor="start", width=None):
    """Cut where it would be wider than `width`."""
    words = str(words)
    if width is not None and len(words) * size * 0.62 > width:
        keep = max(4, int(width / (size * 0.62)) - 1)
        words = f"{words[:keep // 2]}…{words[-(keep - keep // 2):]}"
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
            f'text-anchor="{anchor}">{html.escape(words)}</text>')


def drawn(options, panel):
    place = panel["gridPos"]
    x, y = place["x"] * WIDTH / COLUMNS + GAP / 2, 50 + place["y"] * ROW + GAP / 2
    width, height = place["w"] * WIDTH / COLUMNS - GAP, place["h"] * ROW - GAP
    if panel["type"] == "row":
        return text(x + PAD, y + height / 2 + 6, panel["title"], 15, TEXT)
    unit = panel["fieldConfig"]["defaults"].get("unit", "short")
    answers = [(query, answer(options, panel, query)) for query in panel["targets"]]
    draw = {"stat": stat, "timeseries": graph, "table": table}[panel["type"]]
    return "\n".join([
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" '
        f'fill="{CARD}" stroke="{GRID}"/>', text(x + PAD, y + 18, panel["title"], 13, TEXT),
        draw(answers, unit, x + PAD, y + TITLE, width - 2 * PAD, height - TITLE - PAD)])


def answer(options, panel, query):
    path = busiest_path(options.url) if options.name == "file" else ".*"
    values = {"job": ".+", "instance": ".+", "target": ".+",
              "path": escaped(path) if options.name == "file" else path,
              "__rate_interval": f"{options.rate_interval}s", "__range": f"{options.range}s"}
    return ask(options, panel["title"], substituted(query["expr"], values), query["range"])


def name_of(query, labels):
    legend = query.get("legendFormat") or ""
    for key, value in labels.items():
        legend = legend.replace("{{" + key + "}}", value)
    return legend if legend not in ("", "__auto") else \
        ", ".join(value for key, value in labels.items() if key not in ("job", "instance"))


def shown(value, unit):
    if unit == "percentunit":
        return f"{value * 100:.1f} %"
    if unit == "s":
        for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
            if abs(value) * factor >= 1:
                return f"{value * factor:.3g} {name}"
        return f"{value:.3g} s"
    step, names = STEPS.get(unit, (1000, ("", " K", " Mil")))
    for name in names:
        if abs(value) < step or name == names[-1]:
            return f"{value:.3g} {name}".strip() if abs(value) < 100 else f"{value:.0f} {name}".strip()
        value /= step
    return str(value)


def numbers(series):
    points = series.get("values") or [series["value"]]
    return [(float(at), float(value)) for at, value in points if value not in ("NaN", "+Inf")]


def stat(answers, unit, x, y, width, height):
    values = [numbers(series)[-1][1] for _, found in answers for series in found if numbers(series)]
    words = shown(values[0], unit) if values else "no data"
    return text(x + width / 2, y + height / 2 + 12, words, 26, COLOURS[0] if values else SOFT,
                "middle", width)


def graph(answers, unit, x, y, width, height):
    lines = [(name_of(query, series["metric"]), numbers(series))
             for query, found in answers for series in found]
    lines = [line for line in lines if line[1]][:LINES]
    if not lines:
        return text(x + width / 2, y + height / 2, "no data", 13, SOFT, "middle")
    rows = min(LEGEND_ROWS, len(lines))
    plot = height - 16 * rows - 6
    ats = [at for _, points in lines for at, _ in points]
    first, last, top = min(ats), max(ats), max(v for _, points in lines for _, v in points) or 1
    parts = []
    for share in (0, 0.5, 1):
        level = y + plot * (1 - share)
        parts.append(f'<line x1="{x + 70:.1f}" x2="{x + width:.1f}" y1="{level:.1f}" '
                     f'y2="{level:.1f}" stroke="{GRID}"/>')
        parts.append(text(x + 64, level + 4, shown(top * share, unit), 10, SOFT, "end"))
    for number, (name, points) in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        places = " ".join(
            f"{x + 70 + (width - 70) * (at - first) / ((last - first) or 1):.1f},"
            f"{y + plot * (1 - value / top):.1f}" for at, value in points)
        parts.append(f'<polyline points="{places}" fill="none" stroke="{colour}" '
                     'stroke-width="1.5"/>')
        if number < rows:
            parts.append(text(x, y + plot + 18 + 16 * number, "— " + name, 10.5, colour,
                              width=width))
    return "\n".join(parts)


def table(answers, _unit, x, y, width, height):
    """A row for each series of the first query; the others' values stand beside it."""
    (_, rows), *others = answers
    rows = sorted(rows, key=lambda row: -numbers(row)[-1][1])[:min(TABLE_ROWS, int(height / 24) - 1)]
    if not rows:
        return text(x + width / 2, y + height / 2, "no data", 13, SOFT, "middle")
    keys = [key for key in rows[0]["metric"] if key not in ("job", "instance", "__name__")]
    parts = [text(x, y + 12, "   ".join(keys), 11, SOFT)]
    for number, row in enumerate(rows):
        level = y + 12 + 24 * (number + 1)
        name = "   ".join(row["metric"].get(key, "") for key in keys)
        values = [shown(numbers(row)[-1][1], "Bps")]
        for _, found in others:
            same = [numbers(one)[-1][1] for one in found
                    if all(one["metric"].get(key) == row["metric"].get(key) for key in keys)]
            values += [f"{same[0]:.3g}"] if same else ["-"]
        parts.append(text(x, level, name, 12, TEXT, width=width * 0.6))
        parts.append(text(x + width, level, "   ".join(values), 12, COLOURS[0], "end"))
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
