# SPDX-License-Identifier: Apache-2.0
"""The dashboards, the rules and the catalogue, as the checks of this folder look at them."""
import json
import re

import yaml

DASHBOARDS = "packaging/grafana"
PROMETHEUS = "packaging/prometheus"
CATALOGUE = re.compile(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \|", re.MULTILINE)


def dashboards(root):
    """{name: dashboard}"""
    found = {file.stem: json.loads(file.read_text(encoding="utf-8"))
             for file in sorted((root / DASHBOARDS).glob("*.json"))}
    if not found:
        raise SystemExit(f"no dashboards in {root / DASHBOARDS}")
    return found


def panels(dashboard):
    """All but the rows, which only have a title."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def rules(root, name):
    """The rules or alerts of a file, over all groups."""
    text = (root / PROMETHEUS / name).read_text(encoding="utf-8")
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def catalogue(root):
    """{metric: (kind, its labels as the page shows them)}"""
    page = (root / "packaging/doc/metrics.md").read_text(encoding="utf-8")
    found = {name: (kind, [] if labels == "-" else labels.split(", "))
             for name, kind, labels in CATALOGUE.findall(page)}
    if not found:
        raise SystemExit("packaging/doc/metrics.md has no table of metrics")
    return found


def substituted(text, values):
    """With Grafana's variables in it replaced; one without a value is a KeyError."""
    return re.sub(r"\$(\w+)", lambda match: values[match[1]], text)
