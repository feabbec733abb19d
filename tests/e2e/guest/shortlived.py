# SPDX-License-Identifier: Apache-2.0
"""200 short processes at once, watched by path, and a scraper that never rests."""
import json
import os
import pathlib
import random
import signal
import subprocess

from harness import checks, daemon, endpoint

PROCESSES = 200
SHARED_FILES = 5
ROUNDS = 2
DATA = pathlib.Path("/srv/x")
REPORT = pathlib.Path("/srv/scraper.json")


def make_files():
    """Sizes of each process's own file, and of those that all read."""
    numbers = random.Random(2)
    sizes = {}
    for i in range(PROCESSES):
        path = DATA / f"own/{i % 10}/file{i}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(numbers.randbytes(numbers.randrange(1, 300_000)))
        sizes[str(path)] = path.stat().st_size
    for i in range(SHARED_FILES):
        path = DATA / f"shared{i}"
        path.write_bytes(numbers.randbytes(10_000 * (i + 1)))
        sizes[str(path)] = path.stat().st_size * PROCESSES
    return sizes


def counters(page):
    return {(family, tuple(sorted(labels.items()))): value
            for family in page.families if family.endswith("_total")
            for labels, value in page.samples(family)}


def scrape_until_told(report):
    """Body of the scraper: what fell, what left, and how often it looked."""
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    seen, falls, scrapes = {}, [], 0
    while not told:
        now = counters(endpoint.scrape())
        scrapes += 1
        falls += [f"{key}: {seen[key]} -> {now.get(key)}" for key in seen
                  if now.get(key, -1) < seen[key]]
        seen.update(now)
    report.write_text(json.dumps({"scrapes": scrapes, "falls": falls[:20]}))


class Scraper:
    def __init__(self):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                scrape_until_told(REPORT)
                os._exit(0)
            finally:
                os._exit(1)

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        status = os.waitpid(self.pid, 0)[1]
        return json.loads(REPORT.read_text()) if status == 0 else {"status": status}


def start_all(paths):
    """A shell starts them: it forks faster than this program."""
    shared = " ".join(f"{DATA}/shared{i}" for i in range(SHARED_FILES))
    lines = "".join(f"cat {path} {shared} >/dev/null &\n" for path in paths)
    subprocess.run(["sh"], input=f"{lines}wait\n", check=True, text=True)


def body(check):
    DATA.mkdir(parents=True)
    sizes = make_files()
    own = [path for path in sizes if "/own/" in path]
    daemon.start({"targets": [{"name": "x", "paths": {"include": ["/srv/x/**"]}}]})
    scraper = Scraper()
    for number in range(1, ROUNDS + 1):
        start_all(own)
        wanted = {path: size * number for path, size in sizes.items()}
        seen = endpoint.until_equal(
            lambda: endpoint.scrape().by(endpoint.FILE_BYTES, "path", target="x"), wanted)
        page = endpoint.scrape()
        check.equal(f"round {number} sum over all files", sum(seen.values()), sum(wanted.values()))
        check.same(f"round {number} each file", seen, wanted)
        check.equal(f"round {number} total", page.sum(endpoint.TARGET_BYTES, target="x"),
                    sum(wanted.values()))
        check.equal(f"round {number} unattributed, overflow, dropped, missed", page.losses(), {})
        checks.say(f"round {number} is done")
    report = scraper.end()
    check.equal("counters that fell in a scrape", report.get("falls"), [])
    check.true("scrapes meanwhile", report.get("scrapes", 0) >= 10, report)


checks.run("shortlived", body)
