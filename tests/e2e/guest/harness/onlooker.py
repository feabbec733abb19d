# SPDX-License-Identifier: Apache-2.0
"""A scraper over all restarts of the daemon: what outlives a process must not fall from one scrape
to the next, whoever answers it."""
import collections
import http.client
import json
import os
import pathlib
import signal
import time
import traceback

from harness import endpoint, watcher

REPORT = pathlib.Path("/srv/onlooker.json")
# Families that outlive a process.
LASTING = (b"vfswatch_file_read_", b"vfswatch_target_read_", b"vfswatch_overflow_read_",
           b"vfswatch_unattributed_read_")
BORN = b"process_start_time_seconds "
NICE = -15
# Until somebody answers.
RETRY_SECONDS = 0.1
LAST_LOOK_SECONDS = 60
KEPT_TEXTS = 20


def page():
    """The body of /metrics; None while nobody serves it."""
    try:
        answer = endpoint.get()
    except (OSError, http.client.HTTPException):
        return None
    return answer.body if answer.status == 200 else None


class _Look:
    """Body of the scraper."""

    def __init__(self, may_leave):
        self.may_leave = may_leave
        self.lines = frozenset()
        self.last = {}  # of all series that ever were, without those that may leave and did
        self.falls, self.left, self.times, self.lives = [], [], [], set()
        self.unanswered = 0

    def look(self):
        """False: there was no page."""
        body = page()
        if body is None:
            self.unanswered += 1
            return False
        lines = frozenset(line for line in body.split(b"\n") if line.startswith(LASTING))
        come = dict(map(_parsed, lines - self.lines))
        for key, _ in map(_parsed, self.lines - lines):
            if key not in come:
                self._left(key)
        for key, value in come.items():
            before = self.last.get(key, 0)
            if value < before:
                self.falls.append(f"{key.decode()}: {before} -> {value}")
        self.last.update(come)
        self.lines = lines
        self.lives |= set(watcher.gauges(body, BORN).values())
        self.times.append(time.monotonic())
        return True

    def _left(self, key):
        if self.may_leave is None or not self.may_leave.search(key):
            self.left.append(key)
        else:
            del self.last[key]

    def report(self):
        sums = collections.Counter()
        for key, value in self.last.items():
            if key.startswith(watcher.FILES):
                sums[watcher.sum_of(key)] += value
        gap = max((after - before for before, after in zip(self.times, self.times[1:])), default=0)
        return {"scrapes": len(self.times), "unanswered": self.unanswered,
                "lives": len(self.lives), "longest_gap_seconds": gap,
                "falls": len(self.falls), "fallen": self.falls[:KEPT_TEXTS],
                "left": len(self.left), "gone": [key.decode() for key in self.left[:KEPT_TEXTS]],
                "sums": sums}


def _parsed(line):
    key, _, value = line.rpartition(b" ")
    return key, int(value) if value.isdigit() else float(value)


def _look_until_told(pause_seconds, may_leave):
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(time.monotonic()))
    os.nice(NICE)
    look = _Look(may_leave)
    while not told:
        time.sleep(pause_seconds if look.look() else RETRY_SECONDS)
    while not look.look() and time.monotonic() < told[0] + LAST_LOOK_SECONDS:
        time.sleep(RETRY_SECONDS)
    REPORT.write_text(json.dumps(look.report()))


class Onlooker:
    """Scrapes from now to `end`, with a pause behind each page. `may_leave`: pattern of series that
    may leave, and come again from 0."""

    def __init__(self, pause_seconds, may_leave=None):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _look_until_told(pause_seconds, may_leave)
                os._exit(0)
            except Exception:  # pylint: disable=broad-except
                traceback.print_exc()
            finally:
                os._exit(1)

    def end(self):
        """"scrapes", "unanswered", "lives": how many, how many found nobody, and of how many
        processes; "falls", "fallen": how many
        values fell, texts of some; "left", "gone": the same of series that left; "sums": {"bytes
        TARGET" or "calls TARGET": sum of the last values of all files' series that ever were}."""
        os.kill(self.pid, signal.SIGTERM)
        status = os.waitpid(self.pid, 0)[1]
        if status != 0:
            raise ChildProcessError(f"the onlooker ended with {status}")
        return json.loads(REPORT.read_text())

    def end_and_check(self, check, name):
        """No value fell; returns the report."""
        report = self.end()
        check.equal(f"{name} values that fell from one scrape to the next",
                    (report["falls"], report["fallen"]), (0, []))
        return report
