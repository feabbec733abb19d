#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""dashboards.py ROOT: do dashboards, rules and alerts hold to what they are meant to be?

Dashboards are what their source makes, and hold to the rules of Grafana's dashboard linter.
Whatever they, the rules and the alerts ask for is in the catalogue or recorded by a rule, and
promtool takes each query. Alerts have all annotations and a chapter in the runbook, and both they
and the rules have tests."""
import itertools
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

from grafana_panels import DASHBOARDS, catalogue, dashboards, panels, substituted

PROMETHEUS = "packaging/prometheus"
RUNBOOK = "packaging/doc/runbook.md"
RUNBOOK_URL = "file:///usr/share/doc/vfswatchd/runbook.md#"
SEVERITIES = ("critical", "warning", "info")
OF_PROMETHEUS = {"up", "scrape_duration_seconds", "scrape_samples_scraped"}
# Of Grafana's names for units the ones in use: a wrong one is shown as text behind each number.
UNITS = {"none", "short", "bytes", "Bps", "cps", "s", "percentunit"}
# Counted at a process's start only, so that no rate shows them.
NO_RATE = {"vfswatch_state_resets_total"}
VALUES = {"job": ".+", "instance": ".+", "target": ".+", "path": "/a",
          "__rate_interval": "5m", "__range": "1h"}

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}")
NAME = re.compile(r"(?<![\w:$])[a-zA-Z_:][\w:]*(?!\w*\s*\()")
KEYWORDS = {"and", "or", "unless", "offset", "bool"}
RANGE = re.compile(r"\b(\w+)\([\w:]+\{[^}]*\}\[([^]]*)\]\)")
RECORD = re.compile(r"[a-z_]+:([a-z_]+):(?:[a-z]+_)?rate5m")
HEADING = re.compile(r"^## (\w+)$", re.MULTILINE)


def main(arguments):
    root = pathlib.Path(arguments[0])
    if shutil.which("promtool") is None:
        print("SKIP: promtool is not installed (Debian package prometheus)")
        return 77
    made = dashboards(root)
    recorded, alerts = rules(root, "rules.yaml"), rules(root, "alerts.yaml")
    faults = [*old_dashboards(root), *refused_queries(made),
              *unknown_metrics(root, made, recorded, alerts),
              *faults_of_rules(root, made, recorded, alerts),
              *faults_of_alerts(root, alerts), *untested(root, recorded, alerts)]
    for name, dashboard in made.items():
        faults += [f"{DASHBOARDS}/{name}.json: {fault}" for fault in itertools.chain(
            faults_of_dashboard(name, dashboard, made), faults_of_variables(dashboard),
            faults_of_layout(dashboard), faults_of_panels(dashboard))]
    print("\n".join(faults) or f"{sum(len(panels(each)) for each in made.values())} panels, "
          f"{len(recorded)} rules, {len(alerts)} alerts")
    return 1 if faults else 0


def rules(root, name):
    """The rules or alerts of a file, over all groups."""
    text = (root / PROMETHEUS / name).read_text(encoding="utf-8")
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def old_dashboards(root):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([root / DASHBOARDS / "build.py", folder], check=True)
        built = {file.name: file.read_bytes() for file in pathlib.Path(folder).iterdir()}
    there = {file.name: file.read_bytes() for file in (root / DASHBOARDS).glob("*.json")}
    for name in sorted(built.keys() | there.keys()):
        if built.get(name) != there.get(name):
            yield f"{DASHBOARDS}/{name} is not what build.py makes: run it and commit"


def faults_of_dashboard(name, dashboard, made):
    wanted = {"uid": f"vfswatchd-{name}", "editable": True, "timezone": "browser",
              "tags": ["vfswatchd"]}
    for field, value in wanted.items():
        if dashboard.get(field) != value:
            yield f"{field} is {dashboard.get(field)!r}, not {value!r}"
    if not dashboard["description"]:
        yield "no description"
    if not any(link["type"] == "dashboards" and link["tags"] == dashboard["tags"] and
               link["includeVars"] and link["keepTime"] for link in dashboard["links"]):
        yield "no link to the other dashboards that keeps variables and time"
    uids = {each["uid"] for each in made.values()}
    for uid in re.findall(r"/d/([\w-]+)", json.dumps(dashboard)):
        if uid not in uids:
            yield f"a link to {uid}, which is no dashboard"


def faults_of_variables(dashboard):
    variables = {each["name"]: each for each in dashboard["templating"]["list"]}
    source = variables.get("datasource", {})
    if (source.get("type"), source.get("query"), source.get("label")) != (
            "datasource", "prometheus", "Data source"):
        yield "no variable datasource for Prometheus with the label Data source"
    for name in ("job", "instance"):
        each = variables.get(name, {})
        if not (each.get("type") == "query" and each.get("label") == name.capitalize() and
                each.get("multi") and each.get("includeAll") and each.get("allValue") == ".+"):
            yield f"variable {name} is no labelled query with several values and All as .+"
    for name, each in variables.items():
        if each["type"] != "query":
            continue
        if each["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
            yield f"variable {name} has a data source of its own"
        if each["refresh"] != 2:
            yield f"variable {name} is not refreshed when the time range changes"


def faults_of_layout(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(set(ids)) != len(ids):
        yield "two panels have one id"
    taken = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f"{panel['title']}: beyond the right edge"
        for x, y in itertools.product(range(place["x"], place["x"] + place["w"]),
                                      range(place["y"], place["y"] + place["h"])):
            other = taken.setdefault((x, y), panel)
            if other is not panel:
                yield f"{panel['title']} and {other['title']} overlap"
                break
        if panel["type"] == "row" and panel["collapsed"]:
            yield f"{panel['title']}: its panels are hidden"


def faults_of_panels(dashboard):
    titles = [panel["title"] for panel in panels(dashboard)]
    yield from (f"two panels are called {title}" for title in set(titles)
                if titles.count(title) > 1)
    for panel in panels(dashboard):
        for fault in faults_of_panel(panel):
            yield f"{panel['title'] or panel['id']}: {fault}"


def faults_of_panel(panel):
    if not panel["title"] or not panel.get("description"):
        yield "no title or no description"
    defaults, overrides = panel["fieldConfig"]["defaults"], panel["fieldConfig"]["overrides"]
    units = [defaults.get("unit")] + [item["value"] for each in overrides
                                      for item in each["properties"] if item["id"] == "unit"]
    yield from (f"unit {unit}" for unit in units if unit not in UNITS)
    if not panel["targets"]:
        yield "no queries"
    for query in panel["targets"]:
        if not panel["datasource"] == query["datasource"] == {"type": "prometheus",
                                                              "uid": "${datasource}"}:
            yield "not the data source of the variable"
        if query.get("hide"):
            yield "a hidden query"
        if panel["type"] == "timeseries" and not query["legendFormat"]:
            yield "no legend"
        for fault in faults_of_query(query["expr"]):
            yield f"{fault}: {query['expr']}"


def faults_of_query(expr):
    selectors = SELECTOR.findall(expr)
    if len(selectors) != len(names_in(expr)):
        yield "a metric without a selector"
    for name, matchers in selectors:
        wanted = ['job=~"$job"', 'instance=~"$instance"']
        # Else one look at a dashboard asks for every file of all targets.
        if name.startswith("vfswatch_file_") or name.startswith("instance_target"):
            wanted.append('target=~"$target"')
        yield from (f"{name} without {matcher}" for matcher in wanted if matcher not in matchers)
    in_ranges = [name for name, _ in SELECTOR.findall(" ".join(
        match[0] for match in RANGE.finditer(expr)))]
    for name in {name for name, _ in selectors}:
        count = [each for each, _ in selectors].count(name)
        if name.endswith(("_total", "_bucket")) and name not in NO_RATE and \
                in_ranges.count(name) != count:
            yield f"{name} is a counter, and there is no rate of it"
    for function, window in RANGE.findall(expr):
        if (function, window) not in (("rate", "$__rate_interval"), ("increase", "$__range")):
            yield f"{function} over {window}"


def refused_queries(made):
    asked = [{"record": f"{name}:panel{panel['id']}:{query['refId']}",
              "expr": substituted(query["expr"], VALUES)}
             for name, dashboard in made.items() for panel in panels(dashboard)
             for query in panel["targets"]]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"groups": [{"name": "panels", "rules": asked}]}, file)
        file.flush()
        done = subprocess.run(["promtool", "check", "rules", file.name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        yield f"promtool refuses a panel's query:\n{done.stdout}"


def names_in(expr):
    """The metrics in a query, as often as they are there."""
    bare = GROUPING.sub(" ", re.sub(r"\{[^}]*\}|\[[^]]*\]", " ", STRING.sub('""', expr)))
    return [name for name in NAME.findall(bare) if name not in KEYWORDS]


def unknown_metrics(root, made, recorded, alerts):
    known = OF_PROMETHEUS | {rule["record"] for rule in recorded}
    for name, (kind, _) in catalogue(root).items():
        known.update([name + end for end in ("_bucket", "_sum", "_count")]
                     if kind == "histogram" else [name])
    asked = [(f"{PROMETHEUS}/rules.yaml", rule["expr"]) for rule in recorded]
    asked += [(f"{PROMETHEUS}/alerts.yaml", rule["expr"]) for rule in alerts]
    for name, dashboard in made.items():
        where = f"{DASHBOARDS}/{name}.json"
        asked += [(where, query["expr"]) for panel in panels(dashboard)
                  for query in panel["targets"]]
        asked += [(where, re.sub(r"^label_values\((.*), \w+\)$", r"\1", each["query"]["query"]))
                  for each in dashboard["templating"]["list"] if each["type"] == "query"]
    for where, expr in asked:
        for name in names_in(expr):
            if name not in known:
                yield f"{where}: {name} is neither in the catalogue nor recorded"


def faults_of_rules(root, made, recorded, alerts):
    """Names by level:metric:operations, no label forgotten, and none recorded for nobody."""
    known = catalogue(root)
    used = {name for rule in recorded + alerts for name in names_in(rule["expr"])}
    used.update(name for dashboard in made.values() for panel in panels(dashboard)
                for query in panel["targets"] for name in names_in(query["expr"]))
    asked_for = {label.strip("[]") for label in known["vfswatch_file_read_bytes_total"][1]
                 if label.startswith("[")}
    for rule in recorded:
        name = rule["record"]
        match = RECORD.fullmatch(name)
        if not match or not any(metric.startswith(match[1].split("_per_")[0]) for metric in known):
            yield f"{name} is not level:metric:operations"
        if name not in used:
            yield f"{name}: no dashboard and no alert asks for it"
        for labels in re.findall(r"sum without \(([^)]*)\)", rule["expr"]):
            left = asked_for - set(labels.split(", ")) - set(name.split(":")[0].split("_"))
            if left:
                yield f"{name}: summed without regard to {', '.join(sorted(left))}"


def faults_of_alerts(root, alerts):
    headings = HEADING.findall((root / RUNBOOK).read_text(encoding="utf-8"))
    names = [rule["alert"] for rule in alerts]
    yield from (f"{RUNBOOK}: nothing about {name}" for name in names if name not in headings)
    yield from (f"{RUNBOOK}: {name} is no alert" for name in headings if name not in names)
    for rule in alerts:
        name, notes = rule["alert"], rule["annotations"]
        if rule["labels"].get("severity") not in SEVERITIES:
            yield f"{name}: severity is none of {', '.join(SEVERITIES)}"
        if not notes.get("summary") or not notes.get("description"):
            yield f"{name}: no summary or no description"
        # As Markdown makes anchors of headings.
        if notes.get("runbook_url") != RUNBOOK_URL + name.lower():
            yield f"{name}: runbook_url is not {RUNBOOK_URL}{name.lower()}"


def untested(root, recorded, alerts):
    """Each rule's value, and each alert where it fires and where it does not."""
    tests = [test for file in (root / PROMETHEUS / "tests").glob("*.yaml")
             for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]]
    values = {case["expr"] for test in tests for case in test.get("promql_expr_test", [])
              if case["exp_samples"]}
    yield from (f"{rule['record']}: its value is not tested" for rule in recorded
                if rule["record"] not in values)
    fires, silent = set(), set()
    for test in tests:
        unaffected = any('instance="good"' in each["series"] for each in test["input_series"])
        for case in test.get("alert_rule_test", []):
            (fires if case.get("exp_alerts") else silent).add(case["alertname"])
            if unaffected:
                silent.add(case["alertname"])
    for rule in alerts:
        if rule["alert"] not in fires & silent:
            yield f"{rule['alert']}: not tested where it fires and where it does not"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
