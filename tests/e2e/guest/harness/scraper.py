# SPDX-License-Identifier: Apache-2.0
"""A scraper beside the test: no counter may fall between two of its scrapes."""
import json
import os
import pathlib
import signal
import time

from harness import endpoint

REPORT = pathlib.Path("/srv/scraper.json")


def _counters(page):
    return {(family, tuple(sorted(labels.items()))): value
            for family in page.families if family.endswith("_total")
            for labels, value in page.samples(family)}


def _scrape_until_told(pause_seconds):
    """Body of the scraper: what fell, what left, and how often it looked."""
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    seen, falls, scrapes = {}, [], 0
    while not told:
        now = _counters(endpoint.scrape())
        scrapes += 1
        falls += [f"{key}: {seen[key]} -> {now.get(key)}" for key in seen
                  if now.get(key, -1) < seen[key]]
        seen.update(now)
        time.sleep(pause_seconds)
    REPORT.write_text(json.dumps({"scrapes": scrapes, "falls": falls[:20]}))


class Scraper:
    """Scrapes from now to `end`, with a pause between two scrapes; in between the daemon must not
    start anew."""

    def __init__(self, pause_seconds=0.0):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _scrape_until_told(pause_seconds)
                os._exit(0)
            finally:
                os._exit(1)

    def end(self):
        """{"scrapes": how many, "falls": texts}"""
        os.kill(self.pid, signal.SIGTERM)
        status = os.waitpid(self.pid, 0)[1]
        return json.loads(REPORT.read_text()) if status == 0 else {"status": status}

    def end_and_check(self, check, name, scrapes):
        """At least `scrapes` scrapes, and no counter fell."""
        report = self.end()
        check.equal(f"{name} counters that fell in a scrape", report.get("falls"), [])
        check.true(f"{name} scrapes meanwhile", report.get("scrapes", 0) >= scrapes, report)
