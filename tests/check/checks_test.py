#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Do the checks of this folder find what they are there for?"""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


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
