# SPDX-License-Identifier: Apache-2.0
"""More readers than processors: every read is counted, and under its own file."""
import os
import pathlib
import subprocess

from harness import checks, daemon, endpoint, programs

READERS = 12
READS = 30_000
DATA = pathlib.Path("/srv/over")


def make_files(name, count):
    folder = DATA / name
    folder.mkdir(parents=True)
    paths = [folder / f"file{i}" for i in range(count)]
    for path in paths:
        path.write_bytes(b"0123456789abcdef")
    return [str(path) for path in paths]


def readers(paths, *options):
    return [programs.READERS, *options, "-t", str(READERS), "-n", str(READS), "-b", "1", *paths]


def read_by_path(check, name, files, *options):
    """Readers of a target that names paths: the counts are what their calls returned."""
    paths = make_files(name, READERS * files)
    target = f"by-path-{name}"
    daemon.start({"targets": [{"name": target, "paths": {"include": [f"{DATA}/{name}/**"]}}]})
    out = subprocess.run(readers(paths, *options), stdout=subprocess.PIPE, check=True, text=True)
    own = {path: (int(count), int(calls)) for path, count, calls in
           map(str.split, out.stdout.splitlines())}
    seen = endpoint.until_equal(lambda: endpoint.scrape().files(target=target), own)
    page = endpoint.scrape()
    check.equal(f"{name} calls", page.sum(endpoint.FILE_CALLS, target=target), READERS * READS)
    check.equal(f"{name} total calls", page.sum(endpoint.TARGET_CALLS, target=target),
                READERS * READS)
    check.same(f"{name} each under its file", seen, own)
    check.equal(f"{name} lost", page.losses(), {})


def read_by_pid(check):
    """The same by pid, with threads, beside the kernel's own sums."""
    paths = make_files("pid", READERS * 2)
    process = programs.Stopped(readers(paths), "/srv/over/pid.out")
    daemon.start({"targets": [{"name": "by-pid", "processes": {"pids": [process.pid]},
                               "file_types": daemon.ALL_TYPES}]})
    before = programs.io_of(process.pid)
    process.go()
    check.equal("pid status", process.wait_for_end(), 0)
    after = programs.io_of(process.pid)
    grown = programs.Io(after.bytes - before.bytes, after.calls - before.calls)
    seen = endpoint.until_equal(
        lambda: sums(endpoint.scrape().files(target="by-pid")), tuple(grown))
    check.equal("pid bytes and calls == growth of rchar and syscr", seen, tuple(grown))
    files = endpoint.scrape().files(target="by-pid")
    own = process.counted_by_itself()
    check.same("pid each under its file",
               {path: amount for path, amount in files.items() if path in own}, own)
    process.reap()


def sums(files):
    return tuple(sum(amount[i] for amount in files.values()) for i in (0, 1))


def body(check):
    DATA.mkdir(parents=True)
    check.equal("processors", os.cpu_count(), 1)
    read_by_path(check, "own-file", 1, "-p")
    checks.say("own file: done")
    read_by_path(check, "two-files", 2, "-p")
    checks.say("two files: done")
    read_by_path(check, "all-calls", 2, "-p", "-c", "rpvwsc")
    checks.say("all calls: done")
    read_by_pid(check)


checks.run("oversubscribed", body)
