# SPDX-License-Identifier: Apache-2.0
"""200 short processes at once, watched by path, and a scraper that never rests."""
import pathlib
import random
import subprocess

from harness import checks, daemon, endpoint, scraper

PROCESSES = 200
SHARED_FILES = 5
ROUNDS = 2
DATA = pathlib.Path("/srv/x")


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
    scrapes = scraper.Scraper()
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
    scrapes.end_and_check(check, "both rounds", 10)


checks.run("shortlived", body)
