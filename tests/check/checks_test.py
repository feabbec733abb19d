#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Do the checks of this folder find what they are there for?"""
import importlib.util
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def run(script, *arguments):
    """(status, what it said) of a check."""
    done = subprocess.run([HERE / script, *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


class Includes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.add("base/result.h", "<string>")
        self.add("config/config.h", '"base/result.h"')
        self.add("policy/lower.h", '"config/config.h"', '"bpf/vfswatch_abi.h"')
        self.add("journal/send.cpp", '"base/result.h"', "<systemd/sd-journal.h>")
        self.add("service/daemon.cpp", '"policy/lower.h"', "<systemd/sd-daemon.h>")
        self.add("main.cpp", '"config/config.h"')

    def add(self, name, *headers):
        file = self.root / "daemon" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"#include {header}\n" for header in headers))

    def assert_refused(self, *words):
        status, said = run("includes.py", self.root)
        self.assertEqual(status, 1, said)
        for word in words:
            self.assertIn(word, said)

    def test_takes_the_allowed_directions(self):
        self.assertEqual(run("includes.py", self.root), (0, "6 files\n"))

    def test_refuses_an_include_against_the_direction(self):
        self.add("config/parse.cpp", '"policy/lower.h"')
        self.assert_refused("daemon/config/parse.cpp", "config may not include policy")

    def test_refuses_a_sibling(self):
        self.add("http/server.h")
        self.add("metrics/page.cpp", '"http/server.h"')
        self.assert_refused("metrics may not include http")

    def test_refuses_main_as_a_header(self):
        self.add("ctl.h")
        self.add("service/doctor.cpp", '"ctl.h"')
        self.assert_refused("service may not include ctl.h")

    def test_refuses_a_library_outside_its_folder(self):
        self.add("service/load.cpp", "<yaml-cpp/yaml.h>")
        self.add("http/page.cpp", '"bpf/vfswatch_abi.h"')
        self.add("http/listener.cpp", "<systemd/sd-daemon.h>")
        self.assert_refused("yaml-cpp/yaml.h: only config may",
                            "vfswatch_abi.h: only kernel, model, policy may",
                            "systemd/sd-daemon.h: only journal, service may")

    def test_refuses_a_header_that_is_not_there(self):
        self.add("service/loop.cpp", '"../base/result.h"')
        self.assert_refused("not a header of the daemon")

    def test_refuses_a_folder_it_does_not_know(self):
        self.add("util/strings.h")
        self.assert_refused("daemon/util: not known")

    def test_refuses_a_tree_without_sources(self):
        with tempfile.TemporaryDirectory() as empty:
            (pathlib.Path(empty) / "daemon").mkdir()
            self.assertEqual(run("includes.py", empty)[0], 1)


@unittest.skipUnless(shutil.which("journalctl"), "journalctl is not installed")
class Catalog(unittest.TestCase):
    ENTRY = ("-- {id}\nSubject: A read\nDefined-By: vfswatchd\n"
             "Support: file:///doc\n\nVFSWATCH_PID and VFSWATCH_UID.\n")
    READ, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2

    def check(self, catalog, page=READ + " VFSWATCH_PID VFSWATCH_UID"):
        """Runs the check over these texts on a daemon that writes one kind of entry."""
        files = {"systemd/vfswatchd.catalog": catalog,
                 "packaging/doc/snippets.md": page,
                 "daemon/journal/entry.cpp": '"VFSWATCH_PID", "VFSWATCH_UID"',
                 "daemon/journal/message_ids.h":
                     f'kRead = "{self.READ}";\n{{kRead, "A read"}},\n'}
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                file = pathlib.Path(root) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return run("catalog.py", root)

    def assert_refused(self, catalog, *words, **page):
        status, said = self.check(catalog, **page)
        self.assertEqual(status, 1, said)
        for word in words:
            self.assertIn(word, said)

    def test_takes_the_entries_that_there_are(self):
        self.assertEqual(self.check(self.ENTRY.format(id=self.READ)), (0, ""))

    def test_refuses_another_id(self):
        self.assert_refused(self.ENTRY.format(id=self.OTHER), f"{self.READ}: 'A read' in",
                            f"{self.OTHER}: None in")

    def test_refuses_another_title(self):
        self.assert_refused(self.ENTRY.format(id=self.READ).replace("A read", "Reads"),
                            "'A read' in message_ids.h, 'Reads' in")

    def test_refuses_what_journalctl_does_not_take(self):
        self.assert_refused("Subject: A read\n" + self.ENTRY.format(id=self.READ),
                            "journalctl --update-catalog: ")

    def test_refuses_a_catalog_without_entries(self):
        self.assert_refused("# VFSWATCH_PID VFSWATCH_UID\n", "")

    def test_refuses_fields_that_are_missing_or_none(self):
        self.assert_refused(self.ENTRY.format(id=self.READ).replace("_UID", "_GID"),
                            "catalog does not explain VFSWATCH_UID",
                            "no entry has VFSWATCH_GID of systemd")

    def test_refuses_a_page_on_other_entries(self):
        self.assert_refused(self.ENTRY.format(id=self.READ),
                            f"snippets.md does not have {self.READ}",
                            "snippets.md does not explain VFSWATCH_UID",
                            page="VFSWATCH_PID")


@unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
class Dashboards(unittest.TestCase):
    """On copies of what there is, each with one mistake."""
    OVERVIEW = "packaging/grafana/overview.json"
    RULES, ALERTS = "packaging/prometheus/rules.yaml", "packaging/prometheus/alerts.yaml"
    RUNBOOK, METRICS = "packaging/doc/runbook.md", "packaging/doc/metrics.md"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        shutil.copytree(ROOT / "packaging", self.root / "packaging")

    def change(self, name, old, new):
        file = self.root / name
        text = file.read_text()
        self.assertIn(old, text)
        file.write_text(text.replace(old, new))

    def assert_refused(self, *words):
        status, said = run("dashboards.py", self.root)
        self.assertEqual(status, 1, said)
        for word in words:
            self.assertIn(word, said)

    def test_takes_what_there_is(self):
        status, said = run("dashboards.py", self.root)
        self.assertEqual(status, 0, said)

    def test_refuses_a_dashboard_that_its_source_does_not_make(self):
        self.change(self.OVERVIEW, '"refresh": "1m"', '"refresh": "5m"')
        self.assert_refused("overview.json is not what build.py makes")

    def test_refuses_metrics_that_nothing_has(self):
        self.change(self.OVERVIEW, "vfswatch_series{", "vfswatch_serie{")
        self.change(self.RULES, "vfswatch_file_read_eofs_total[", "vfswatch_file_eofs_total[")
        self.change(self.ALERTS, "vfswatch_map_entries /", "vfswatch_map_fill /")
        self.assert_refused("overview.json: vfswatch_serie is neither",
                            "rules.yaml: vfswatch_file_eofs_total is neither",
                            "alerts.yaml: vfswatch_map_fill is neither")

    def test_refuses_a_histogram_without_its_suffix(self):
        self.change(self.OVERVIEW, "duration_seconds_bucket{", "duration_seconds{")
        self.assert_refused("vfswatch_target_read_duration_seconds is neither")

    def test_refuses_queries_that_promtool_refuses(self):
        self.change(self.OVERVIEW, "histogram_quantile(0.5, ", "histogram_quantile(")
        self.assert_refused("promtool refuses a panel's query", "histogram_quantile")

    def test_refuses_queries_against_the_rules_of_the_linter(self):
        self.change(self.OVERVIEW, 'vfswatch_series{job=~\\"$job\\", ', "vfswatch_dropped_total{")
        self.change(self.OVERVIEW, "[$__rate_interval])) or vector(0)) /", "[5m])) or vector(0)) /")
        self.assert_refused('vfswatch_dropped_total without job=~"$job"',
                            "vfswatch_dropped_total is a counter", "rate over 5m")

    def test_refuses_queries_over_the_files_of_all_targets(self):
        self.change(self.OVERVIEW, 'target=~\\"$target\\", path', "path")
        self.assert_refused('vfswatch_file_read_bytes_total without target=~"$target"')

    def test_refuses_panels_against_the_rules_of_the_linter(self):
        self.change(self.OVERVIEW, '"title": "Read calls"', '"title": ""')
        self.change(self.OVERVIEW, '"unit": "bytes"', '"unit": "octets"')
        self.change(self.OVERVIEW, '"refId": "A",', '"refId": "A", "hide": true,')
        self.change(self.OVERVIEW, '"legendFormat": "{{target}}"', '"legendFormat": ""')
        self.assert_refused("no title or no description", "unit octets", "a hidden query",
                            "no legend")

    def test_refuses_a_dashboard_against_the_rules_of_the_linter(self):
        self.change(self.OVERVIEW, '"editable": true', '"editable": false')
        self.change(self.OVERVIEW, '"allValue": ".+"', '"allValue": ""')
        self.change(self.OVERVIEW, '"refresh": 2', '"refresh": 1')
        self.change(self.OVERVIEW, "/d/vfswatchd-file/", "/d/vfswatchd-path/")
        self.change(self.OVERVIEW, '"includeVars": true', '"includeVars": false')
        self.assert_refused("editable is False", "variable job is no labelled query",
                            "variable target is not refreshed", "a link to vfswatchd-path",
                            "no link to the other dashboards")

    def test_refuses_panels_on_top_of_each_other(self):
        self.change(self.OVERVIEW, '"x": 12', '"x": 6')
        self.assert_refused("overlap")

    def test_refuses_rules_that_forget_a_label_or_that_nobody_asks_for(self):
        self.change(self.METRICS, "[call]", "[call], [zone]")
        self.change(self.RULES, "instance_target:vfswatch_file_read_eofs:rate5m",
                    "eofs_of_targets")
        self.assert_refused("summed without regard to zone", "eofs_of_targets is not level:metric",
                            "eofs_of_targets: no dashboard and no alert",
                            "eofs_of_targets: its value is not tested")

    def test_refuses_alerts_without_a_chapter(self):
        self.change(self.RUNBOOK, "## VfswatchdDown", "## VfswatchdGone")
        self.change(self.ALERTS, "runbook.md#vfswatchdabsent", "runbook.md#absent")
        self.assert_refused("nothing about VfswatchdDown", "VfswatchdGone is no alert",
                            "VfswatchdAbsent: runbook_url is not")

    def test_refuses_alerts_that_lack_something(self):
        self.change(self.ALERTS, "severity: info", "severity: low")
        self.change(self.ALERTS, "summary: Prometheus has no vfswatchd to scrape.", "summary:")
        self.assert_refused("VfswatchdStateReset: severity", "VfswatchdAbsent: no summary")

    def test_refuses_alerts_without_tests(self):
        self.change("packaging/prometheus/tests/alerts_test.yaml", "VfswatchdTinyReads",
                    "VfswatchdDown")
        self.assert_refused("VfswatchdTinyReads: not tested")


@unittest.skipUnless(importlib.util.find_spec("jsonschema"), "python3-jsonschema is not installed")
class Schema(unittest.TestCase):
    SCHEMA = "config/vfswatchd.schema.json"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        shutil.copytree(ROOT / "config", self.root / "config")

    def change(self, name, old, new):
        file = self.root / name
        text = file.read_text()
        self.assertIn(old, text)
        file.write_text(text.replace(old, new))

    def assert_refused(self, *words):
        status, said = run("schema.py", self.root)
        self.assertEqual(status, 1, said)
        for word in words:
            self.assertIn(word, said)

    def test_takes_what_there_is(self):
        self.assertEqual(run("schema.py", self.root), (0, ""))

    def test_refuses_a_configuration_that_does_not_fit(self):
        self.change("config/examples/secrets.yaml", "labels: [comm]", "labels: [com]")
        self.assert_refused("secrets.yaml: targets.0.labels.0: 'com' is not one of")

    def test_refuses_examples_that_do_not_fit_their_key(self):
        self.change(self.SCHEMA, '"1m30s"', '"90 seconds"')
        self.assert_refused("limits.idle_series_timeout: its own example '90 seconds'")

    def test_refuses_a_key_that_an_editor_cannot_complete(self):
        examples = '"examples": [\n                  [\n                    "/etc/**"'
        self.change(self.SCHEMA, examples, examples.replace("examples", "remarks"))
        self.assert_refused("targets[].paths.include has no default, no examples and no words")


class Tiers(unittest.TestCase):
    TESTS = {"tests": [
        {"name": f"{tier}.{number}", "properties": [{"name": "LABELS", "value": [tier]}]}
        for tier in ("unit", "e2e") for number in (1, 2)]}

    def check(self, statuses, *tiers):
        """Runs the check over results: {name: ctest's status}."""
        with tempfile.TemporaryDirectory() as folder:
            tests, results = pathlib.Path(folder) / "tests", pathlib.Path(folder) / "results"
            tests.write_text(json.dumps(self.TESTS))
            cases = "".join(f'<testcase name="{name}" status="{status}"/>'
                            for name, status in statuses.items())
            results.write_text(f"<testsuite>{cases}</testsuite>")
            return run("tiers.py", tests, results, *tiers)

    def test_takes_tiers_of_which_something_ran(self):
        statuses = {"unit.1": "run", "unit.2": "notrun", "e2e.1": "fail", "e2e.2": "disabled"}
        self.assertEqual(self.check(statuses, "unit", "e2e"), (0, ""))

    def test_refuses_a_tier_that_was_skipped_as_a_whole(self):
        statuses = {"unit.1": "run", "e2e.1": "notrun", "e2e.2": "notrun"}
        status, said = self.check(statuses, "unit", "e2e")
        self.assertEqual((status, said), (1, "tier e2e: none of its 2 tests ran\n"))

    def test_refuses_a_tier_without_tests(self):
        status, said = self.check({"unit.1": "run"}, "unit", "fuzz")
        self.assertEqual((status, said), (1, "tier fuzz: none of its 0 tests ran\n"))


if __name__ == "__main__":
    unittest.main()
