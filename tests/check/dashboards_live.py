#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a Prometheus every query of the dashboards, the rules and the alerts.

It prints which panels and rules get no series, and how long the slowest queries took. An alert that
gets none is quiet, which is no fault. Exit status 1 if a query was refused or a panel or rule got
nothing."""
import argparse
import json
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from grafana_panels import dashboards, panels, rules, substituted

ROOT = pathlib.Path(__file__).resolve().parents[2]
POINTS = 120  # of a graph: about what a panel of half a screen's width asks for
SLOWEST = 5


def main():
    options = parse_arguments()
    path = options.path or busiest_path(options.url)
    print(f"the file dashboard is asked about {path}")
    times, empty = [], []
    for name, panel, query in queries():
        values = {"job": ".+", "instance": ".+", "target": ".+",
                  "path": escaped(path) if name == "file" else ".*",
                  "__rate_interval": f"{options.rate_interval}s", "__range": f"{options.range}s"}
        what = f"{name}: {panel['title']} {query['refId']}"
        found, seconds = ask(options, what, substituted(query["expr"], values), query["range"])
        times.append((seconds, what))
        if not found:
            empty.append(what)
    for rule in rules(ROOT, "rules.yaml"):
        found, seconds = ask(options, rule["record"], rule["expr"])
        times.append((seconds, rule["record"]))
        if not found:
            empty.append(rule["record"])
    firing = [rule["alert"] for rule in rules(ROOT, "alerts.yaml")
              if ask(options, rule["alert"], rule["expr"])[0]]
    for what in empty:
        print(f"no series: {what}")
    print(f"alerts with series: {', '.join(firing) or 'none'}")
    for seconds, what in sorted(times, reverse=True)[:SLOWEST]:
        print(f"{seconds * 1000:6.0f} ms  {what}")
    print(f"{len(times)} queries of panels and rules, {len(times) - len(empty)} with series")
    return 1 if empty else 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of Prometheus, such as http://127.0.0.1:9090")
    parser.add_argument("--path", help="of the file dashboard; default: the busiest file")
    parser.add_argument("--range", type=int, default=900, metavar="SECONDS",
                        help="what the graphs show, up to now")
    parser.add_argument("--rate-interval", type=int, default=60, metavar="SECONDS",
                        help="Grafana takes four times the interval of the scrapes")
    return parser.parse_args()


def queries():
    """(dashboard, panel, query) each"""
    return [(name, panel, query) for name, dashboard in dashboards(ROOT).items()
            for panel in panels(dashboard) for query in panel["targets"]]


def busiest_path(url):
    found = get(url, "query", {"query": "topk(1, max by (path) (vfswatch_file_read_calls_total))"})
    if not found:
        raise SystemExit(f"{url} has no series of files")
    return found[0]["metric"]["path"]


def escaped(text):
    """As it stands between quotes in a query."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def ask(options, what, expr, as_graph=False):
    """(series, seconds)"""
    begin = time.monotonic()
    now = time.time()
    words = {"query": expr}
    if as_graph:
        words.update(start=now - options.range, end=now, step=options.range / POINTS)
    try:
        found = get(options.url, "query_range" if as_graph else "query", words)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{what}: {expr}: {error.read().decode()}") from error
    return found, time.monotonic() - begin


def get(url, kind, words):
    text = urllib.parse.urlencode(words).encode()
    with urllib.request.urlopen(f"{url}/api/v1/{kind}", data=text, timeout=60) as answer:
        found = json.load(answer)["data"]["result"]
    # A ratio of nothing to nothing is no data to whoever looks at the panel.
    return [series for series in found
            if any(value != "NaN" for _, value in series.get("values", [series.get("value")]))]


if __name__ == "__main__":
    sys.exit(main())
