# SPDX-License-Identifier: Apache-2.0
"""The dashboards and the catalogue, as the checks of this folder look at them."""
import json
import re

DASHBOARDS = "packaging/grafana"
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
