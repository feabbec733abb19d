# SPDX-License-Identifier: Apache-2.0
"""A scraper beside the test, where files leave the endpoint and come again: what each series said
while it was there. It looks only at the lines that changed, for the guest's processor is slow."""
import collections
import json
import os
import pathlib
import re
import signal
import time
import traceback

from harness import daemon, endpoint

REPORT = pathlib.Path("/srv/watcher.json")
# Families of a file's series: these leave with it.
OF_A_FILE = b"vfswatch_file_read_"
FILES = (f"{endpoint.FILE_BYTES}{{".encode(), f"{endpoint.FILE_CALLS}{{".encode())
TARGET = re.compile(rb'target="([^"]*)"')
PATH = re.compile(rb'path="([^"]*)"')
SUM_PLACES = b'vfswatch_map_entries{map="sum_places"}'
KERNEL = re.compile(r"^kernel (\d+)$", re.MULTILINE)
# So that it comes at its time, whatever the readers do.
NICE = -15
KEPT_TEXTS = 20

# One scrape: what it took, and what it said. kernel: of the service's memory cgroup, 0 where the
# kernel does not tell.
Row = collections.namedtuple("Row", "at series counted sum_places rss maps kernel")


def gauges(body, name):
    """The values of one family."""
    values, at = [], body.find(b"\n" + name)
    while at >= 0 and body.startswith(name, at + 1):
        end = body.index(b"\n", at + 1)
        values.append(body[at + 1:end].rpartition(b" "))
        at = end
    return {sample: float(value) for sample, _, value in values}


def kernel_memory(group):
    found = KERNEL.search(pathlib.Path(f"/sys/fs/cgroup{group}/memory.stat").read_text())
    return int(found[1]) if found else 0


class _Watch:
    """Body of the scraper."""

    def __init__(self, staying):
        self.staying = staying.encode()
        self.group = daemon.shown("ControlGroup")
        self.lines = frozenset()
        self.last = {}  # of the series on the page before
        self.ended = collections.Counter()  # sums of the last values of what left
        self.lives = collections.Counter()  # by target: series that came
        self.falls, self.staying_left, self.rows = [], [], []

    def look(self):
        body = endpoint.get().body
        lines = frozenset(line for line in body.split(b"\n") if line and line[0] != 35)
        come = dict(_counters(lines - self.lines))
        for key, value in _counters(self.lines - lines):
            if key not in come:
                self._left(key, value)
        for key, value in come.items():
            self._seen(key, value)
        self.lines = lines
        self.rows.append(self._row(body))

    def _seen(self, key, value):
        before = self.last.get(key)
        if before is None and key.startswith(FILES[0]):
            self.lives[_target(key)] += 1
        elif before is not None and value < before:
            self.falls.append(f"{key.decode()}: {before} -> {value}")
        self.last[key] = value

    def _left(self, key, value):
        del self.last[key]
        if not key.startswith(OF_A_FILE):
            self.falls.append(f"{key.decode()}: {value} -> nothing")
            return
        if not key.startswith(FILES):
            return
        self.ended[sum_of(key)] += value
        if self.staying in key:
            self.staying_left.append(f"{key.decode()} {value}")

    def _row(self, body):
        series = sum(gauges(body, b"vfswatch_series ").values())
        counted = sum(key.startswith(FILES[0]) for key in self.last)
        places = gauges(body, b'vfswatch_map_entries{')
        return Row(time.monotonic(), series, counted, places[SUM_PLACES],
                   sum(gauges(body, b"process_resident_memory_bytes ").values()),
                   sum(gauges(body, b"vfswatch_map_memory_bytes{").values()),
                   kernel_memory(self.group))

    def report(self):
        present = collections.Counter()
        for key, value in self.last.items():
            if key.startswith(FILES):
                present[sum_of(key)] += value
        staying = collections.defaultdict(dict)
        for key, value in self.last.items():
            if key.startswith(FILES) and self.staying in key:
                staying[sum_of(key)][PATH.search(key)[1].decode()] = value
        return {"rows": self.rows, "falls": self.falls[:KEPT_TEXTS], "lives": self.lives,
                "staying_left": self.staying_left[:KEPT_TEXTS], "staying": staying,
                "sums": present + self.ended}


def _counters(lines):
    for line in lines:
        key, _, value = line.rpartition(b" ")
        if key.partition(b"{")[0].endswith(b"_total"):
            yield key, int(value) if value.isdigit() else float(value)


def _target(key):
    return TARGET.search(key)[1].decode()


def sum_of(key):
    """Name of a sum: bytes TARGET or calls TARGET."""
    return f"{'bytes' if key.startswith(FILES[0]) else 'calls'} {_target(key)}"


def _watch_until_told(pause_seconds, staying):
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    os.nice(NICE)
    watch = _Watch(staying)
    while not told:
        watch.look()
        time.sleep(pause_seconds)
    watch.look()
    REPORT.write_text(json.dumps(watch.report()))


class Watcher:
    """Scrapes from now to `end`; `staying` is in the paths of the files that are never idle."""

    def __init__(self, pause_seconds, staying):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _watch_until_told(pause_seconds, staying)
                os._exit(0)
            except Exception:  # pylint: disable=broad-except
                traceback.print_exc()
            finally:
                os._exit(1)

    def end(self):
        """"rows": a Row for each scrape; "falls": texts; "lives": by target how many series came;
        "staying_left": texts of staying files whose series left; "staying": {"bytes TARGET" or
        "calls TARGET": {path: value}}; "sums": the same keys, with the last values of all series
        that ever were."""
        os.kill(self.pid, signal.SIGTERM)
        status = os.waitpid(self.pid, 0)[1]
        if status != 0:
            raise ChildProcessError(f"the watcher ended with {status}")
        report = json.loads(REPORT.read_text())
        return report | {"rows": [Row(*row) for row in report["rows"]]}
