# SPDX-License-Identifier: Apache-2.0
"""A load of known reads that goes on until it is told, and what targets must count of it."""
import collections
import os
import pathlib
import signal

from harness import endpoint, programs

PROGRAM = "/opt/e2e/steady"
DATA = pathlib.Path("/srv/steady")
OUT = "/srv/steady.out"
OWN, SHARED, NEW, CHILD = (f"{DATA}/{name}/**" for name in ("own", "shared", "new", "child"))
# Of the files in small, fewer than there are.
SMALL_FILES = 20
# Whether files have series by process.
WHO = ("comm", "uid", "pid")
STATE_RESETS = "vfswatch_state_resets_total"


def added(*amounts):
    return tuple(map(sum, zip((0, 0), *amounts)))


def totals(page, target):
    return (page.sum(endpoint.TARGET_BYTES, target=target),
            page.sum(endpoint.TARGET_CALLS, target=target))


def overflow(page, target, **labels):
    return (page.sum(endpoint.OVERFLOW_BYTES, target=target, **labels),
            page.sum(endpoint.OVERFLOW_CALLS, target=target, **labels))


def rows_by(page, target, *labels):
    """{values of path and the labels: (bytes, calls)}"""
    rows = collections.defaultdict(lambda: [0, 0])
    for i, family in enumerate((endpoint.FILE_BYTES, endpoint.FILE_CALLS)):
        for found, value in page.samples(family, target=target):
            rows[(found["path"], *(found[label] for label in labels))][i] += value
    return {key: tuple(row) for key, row in rows.items()}


class Load:
    """Stands still until `go`, so that a target can name its pid."""

    def __init__(self, seed, new_pause_ms):
        DATA.mkdir(parents=True, exist_ok=True)
        self.makes_new = new_pause_ms > 0
        self.process = programs.Stopped(
            [PROGRAM, "-s", str(seed), "-n", str(new_pause_ms), str(DATA)], OUT)

    def targets(self):
        """By path, by path and process, by process, and of new files more than it may have."""
        targets = [{"name": "plain", "paths": {"include": [OWN, SHARED, NEW, CHILD]}},
                   {"name": "who", "paths": {"include": [OWN, SHARED, NEW]}, "labels": list(WHO)},
                   {"name": "tree", "paths": {"include": [OWN, SHARED, NEW, CHILD]},
                    "processes": {"pids": [self.process.pid], "follow_children": True}}]
        if self.makes_new:
            targets.append({"name": "small", "paths": {"include": [f"{DATA}/small/**"]},
                            "max_files": SMALL_FILES})
        return targets

    def go(self):
        self.process.go()

    def end(self):
        """Returns its exit status; what it read is known then."""
        os.kill(self.process.pid, signal.SIGTERM)
        status = self.process.wait_for_end()
        self.process.reap()
        return status

    def rows(self):
        """{(path, comm, uid, pid): (bytes, calls)}"""
        lines = (line.split() for line in pathlib.Path(OUT).read_text().splitlines())
        return {tuple(words[:4]): (int(words[4]), int(words[5])) for words in lines}

    def check(self, check, name):
        """After its end: all that was counted is what its calls returned."""
        rows = self.rows()
        wanted = collections.defaultdict(lambda: (0, 0))
        for (path, *_), amount in rows.items():
            wanted[path] = added(wanted[path], amount)
        small = {path: amount for path, amount in wanted.items() if "/small/" in path}
        load = {path: amount for path, amount in wanted.items() if path not in small}
        sums = {target: added(*load.values()) for target in ("plain", "tree")}
        sums["who"] = added(*(amount for path, amount in load.items() if "/child/" not in path))
        if self.makes_new:
            sums["small"] = added(*small.values())
        page = until_totals(sums)
        for target, known in sums.items():
            check.equal(f"{name} {target} total", totals(page, target), known)
        for target in ("plain", "tree"):
            check.same(f"{name} {target} each file", page.files(target=target), load)
        check.same(f"{name} who each file of each process", rows_by(page, "who", *WHO),
                   {key: amount for key, amount in rows.items()
                    if key[0] in load and "/child/" not in key[0]})
        if self.makes_new:
            check_small(check, name, page, small)
        check.equal(f"{name} lost", losses(page, besides="small"), {})


def check_small(check, name, page, known):
    """`known`: more files than the target may have."""
    files = page.files(target="small")
    check.same(f"{name} small each file that has a series", files,
               {path: known.get(path) for path in files})
    check.equal(f"{name} small has as many series as it may", len(files), SMALL_FILES)
    check.true(f"{name} small has more files than that", len(known) > SMALL_FILES, len(known))
    check.equal(f"{name} small files + overflow == total",
                added(*files.values(), overflow(page, "small", reason="map_full")),
                added(*known.values()))


def losses(page, besides):
    """Without the overflow of one target."""
    return {key: value for key, value in page.losses().items()
            if not (f"'{besides}'" in key and "overflow" in key)}


def until_totals(sums):
    """The page that shows them, or the last one."""
    pages = []

    def look():
        pages.append(endpoint.scrape())
        return {target: totals(pages[-1], target) for target in sums}

    endpoint.until_equal(look, sums)
    return pages[-1]


def resets(page):
    """{reason: times}"""
    return page.by(STATE_RESETS, "reason")
