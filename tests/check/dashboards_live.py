#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a Prometheus every query of the dashboards, and how its rules and alerts fare.

It prints which panels and recording rules have no series, which alerts are on, and how long the
slowest queries took. Exit status 1 if a query was refused, a rule failed, or a panel or a recording
rule has nothing."""
import argparse
import json
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from grafana_panels import dashboards, panels, substituted

ROOT = pathlib.Path(__file__).resolve().parents[2]
POINTS = 120  # of a graph: about what a panel of half a screen's width asks for
SLOWEST = 5


def main():
    options = parse_arguments()
    path = options.path or busiest_path(options.url)
    print(f"the file dashboard is asked about {path}")
    faults, times = [], []
    for name, panel, query in queries():
        what = f"{name}: {panel['title']} {query['refId']}"
        values = {"job": ".+", "instance": ".+", "target": ".+",
                  "path": escaped(path) if name == "file" else ".*",
                  "__rate_interval": f"{options.rate_interval}s", "__range": f"{options.range}s"}
        begin = time.monotonic()
        found = ask(options, what, substituted(query["expr"], values), query["range"])
        times.append((time.monotonic() - begin, what))
        names = {panel["title"], f"{panel['title']} {query['refId']}"}
        if not found and not names & set(options.may_be_empty):
            faults.append(f"no series: {what}")
    alerts, faults_of_rules = look_at_rules(options)
    faults += faults_of_rules
    print("\n".join([*faults, f"alerts that are on: {', '.join(sorted(alerts)) or 'none'}"]))
    for seconds, what in sorted(times, reverse=True)[:SLOWEST]:
        print(f"{seconds * 1000:6.0f} ms  {what}")
    print(f"{len(times)} queries of panels, {len(faults)} faults")
    return 1 if faults else 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of Prometheus, such as http://127.0.0.1:9090")
    parser.add_argument("--path", help="of the file dashboard; default: the one of most calls")
    parser.add_argument("--range", type=int, default=900, metavar="SECONDS",
                        help="what the graphs show, up to now")
    parser.add_argument("--rate-interval", type=int, default=60, metavar="SECONDS",
                        help="Grafana takes four times the interval of the scrapes")
    parser.add_argument("--may-be-empty", action="append", default=[], metavar="TITLE",
                        help="a panel, or TITLE and a query's letter, of what this host does not have")
    return parser.parse_args()


def queries():
    """(dashboard, panel, query) each"""
    return [(name, panel, query) for name, dashboard in dashboards(ROOT).items()
            for panel in panels(dashboard) for query in panel["targets"]]


def busiest_path(url):
    words = {"query": "topk(1, max by (path) (vfswatch_file_read_calls_total))"}
    found = get(url, "query", words)["result"]
    if not found:
        raise SystemExit(f"{url} has no series of files")
    return found[0]["metric"]["path"]


def escaped(text):
    """As it stands between quotes in a query."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def ask(options, what, expr, as_graph=False):
    """Its series that have a number."""
    words = {"query": expr}
    if as_graph:
        now = time.time()
        words.update(start=now - options.range, end=now, step=options.range / POINTS)
    try:
        found = get(options.url, "query_range" if as_graph else "query", words)["result"]
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{what}: {expr}: {error.read().decode()}") from error
    # A ratio of nothing to nothing is no data to whoever looks at the panel.
    return [series for series in found
            if any(value != "NaN" for _, value in series.get("values", [series.get("value")]))]


def look_at_rules(options):
    """(names of the alerts that are on, faults)"""
    rules = [rule for group in get(options.url, "rules")["groups"] for rule in group["rules"]]
    recorded = [rule["name"] for rule in rules if rule["type"] == "recording"]
    faults = [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule["health"] == "err"]
    faults += [f"no series: {name}" for name in recorded if not ask(options, name, name)]
    if not recorded:
        faults.append("no recording rules: the graphs of the busiest files need them")
    return {rule["name"] for rule in rules if rule.get("alerts")}, faults


def get(url, kind, words=None):
    data = urllib.parse.urlencode(words).encode() if words else None
    with urllib.request.urlopen(f"{url}/api/v1/{kind}", data=data, timeout=60) as answer:
        return json.load(answer)["data"]


if __name__ == "__main__":
    sys.exit(main())
