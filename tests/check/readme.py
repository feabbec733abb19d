#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""readme.py ROOT DAEMON: does README.md name only what is there?

Its commands and files exist, its metrics are in the catalogue's page, the daemon takes its
configurations, and promtool its queries. Metrics and configurations of the page on snippets are
held to the same."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:sudo )?\./(\S+)", re.MULTILINE)
PATH = re.compile(r"(?<![\w/.-])((?:\.ci|bpf|config|daemon|packaging|systemd|tests)/[\w./-]*\w)")
METRIC = re.compile(r"\bvfswatch_[a-z_]+\b(?!\.h)")


def main(arguments):
    root, daemon = pathlib.Path(arguments[0]), arguments[1]
    text = (root / "README.md").read_text(encoding="utf-8")
    page = (root / "packaging/doc/snippets.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    faults = [*missing_commands(root, blocks), *missing_paths(root, text),
              *unknown_metrics(root, text + page), *refused_queries(blocks),
              *refused_configs(daemon, blocks), *refused_configs(daemon, BLOCK.findall(page))]
    if faults:
        print("\n".join(faults))
    return 1 if faults else 0


def of_kind(blocks, kind):
    found = [text for name, text in blocks if name == kind]
    if not found:
        raise SystemExit(f"README.md has no block of {kind}")
    return found


def missing_commands(root, blocks):
    for text in of_kind(blocks, "sh"):
        for command in COMMAND.findall(text):
            if not os.access(root / command, os.X_OK):
                yield f"./{command} is not a program"


def missing_paths(root, text):
    for path in sorted(set(PATH.findall(text))):
        if not (root / path).exists():
            yield f"{path} does not exist"


def unknown_metrics(root, text):
    known = set(METRIC.findall((root / "packaging/doc/metrics.md").read_text(encoding="utf-8")))
    for name in sorted(set(METRIC.findall(text)) - known):
        yield f"{name} is not in packaging/doc/metrics.md"


def refused_configs(daemon, blocks):
    for text in of_kind(blocks, "yaml"):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = run([daemon, "--check-config", "--config", file.name])
        if done.returncode != 0:
            yield f"the daemon refuses a configuration:\n{done.stdout}"


def refused_queries(blocks):
    queries = [query for text in of_kind(blocks, "promql")
               for query in re.split(r"\n\s*\n", text.strip())]
    rules = [{"record": f"readme:query{number}", "expr": query}
             for number, query in enumerate(queries)]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"groups": [{"name": "readme", "rules": rules}]}, file)
        file.flush()
        done = run(["promtool", "check", "rules", file.name])
    if done.returncode != 0:
        yield f"promtool refuses a query:\n{done.stdout}"


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
