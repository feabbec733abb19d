#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tiers.py TESTS RESULTS TIER...: did every tier run at least one of its tests?

TESTS is ctest's --show-only=json-v1, RESULTS its --output-junit. A test that was skipped or not
run proves nothing; a tier without one that ran is a failure, and so is one without tests."""
import collections
import json
import sys
import xml.etree.ElementTree


def tests_of_tiers(path):
    """{tier: names of its tests}"""
    tiers = collections.defaultdict(set)
    with open(path, encoding="utf-8") as file:
        for test in json.load(file)["tests"]:
            for entry in test["properties"]:
                if entry["name"] == "LABELS":
                    for tier in entry["value"]:
                        tiers[tier].add(test["name"])
    return tiers


def tests_that_ran(path):
    root = xml.etree.ElementTree.parse(path).getroot()
    return {case.get("name") for case in root.iter("testcase")
            if case.get("status") in ("run", "fail")}


def main(arguments):
    tests, results, *wanted = arguments
    tiers = tests_of_tiers(tests)
    ran = tests_that_ran(results)
    missing = [tier for tier in wanted if not tiers[tier] & ran]
    for tier in missing:
        print(f"tier {tier}: none of its {len(tiers[tier])} tests ran", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
