# SPDX-License-Identifier: Apache-2.0
"""Every call that reads, and those that only seem to, in random order, with ends of file and
memory that cannot be written: each file's bytes and calls are those that the kernel accounts."""
import collections
import pathlib
import signal

from harness import daemon, endpoint, programs, rungs

READERS = 4
FILES = 24
BYTES = 700
CALLS = "rpvwscldox"
# Into a pipe sendfile reads past the hooks at the ends of reads.
INTO_PIPE = "k"
DATA = pathlib.Path("/srv/mix")

Tally = collections.namedtuple("Tally", "bytes calls eofs errors")


def tallies(process):
    rows = (line.split() for line in process.out.read_text().splitlines())
    return {path: Tally(*map(int, numbers)) for path, *numbers in rows}


def sums(files):
    return programs.Io(*(sum(amount[i] for amount in files.values()) for i in (0, 1)))


class Mix:
    """A program that stands still until `run`."""

    def __init__(self, accounting, reads, seed):
        calls = CALLS if accounting == "exit" else CALLS + INTO_PIPE
        self.process = programs.Stopped(
            [programs.READERS, "-m", str(seed), "-t", str(READERS), "-n", str(reads),
             "-b", str(BYTES), "-c", calls, *_files()], "/srv/mix.out")

    def targets(self):
        return [{"name": "mix-pid", "processes": {"pids": [self.process.pid]},
                 "file_types": daemon.ALL_TYPES},
                {"name": "mix-path", "paths": {"include": [f"{DATA}/**"]}}]

    def run(self, check, name):
        before = programs.io_of(self.process.pid)
        self.process.go()
        check.equal(f"{name} mix: status", self.process.wait_for_end(), 0)
        after = programs.io_of(self.process.pid)
        grown = programs.Io(after.bytes - before.bytes, after.calls - before.calls)
        compare(check, name, self.process, grown)
        self.process.reap()

    def drop(self):
        self.process.end(signal.SIGKILL)


def _files():
    DATA.mkdir(parents=True, exist_ok=True)
    paths = [DATA / f"file{i}" for i in range(FILES)]
    for i, path in enumerate(paths):
        path.write_bytes(bytes(300 + 450 * i))
    return [str(path) for path in paths]


def compare(check, name, process, grown):
    own = tallies(process)
    endpoint.until_equal(lambda: sums(endpoint.scrape().files(target="mix-pid")), grown)
    page = endpoint.scrape()
    files = page.files(target="mix-pid")
    check.equal(f"{name} mix: bytes and calls of all files == growth of rchar and syscr", sums(files),
                grown)
    wanted = {path: (tally.bytes, tally.calls) for path, tally in own.items()}
    check.same(f"{name} mix: each file by pid == what its calls returned",
               {path: amount for path, amount in files.items() if path in own}, wanted)
    check.same(f"{name} mix: each file by path == what its calls returned", page.files(target="mix-path"),
               wanted)
    check.equal(f"{name} mix: splice, getdents64, write",
                [(path, files[path]) for path in ("/srv", "pipe:", "/dev/null")
                 if files.get(path, (0, 0)) != (0, 0)], [])
    check.equal(f"{name} mix: lost", page.losses(), {})
    if rungs.all_ends_seen(page, f"{name} mix"):
        compare_ends(check, name, page, own)


def compare_ends(check, name, page, own):
    for what, family, field in (("ends of file", endpoint.FILE_EOFS, "eofs"),
                                ("errors", endpoint.FILE_ERRORS, "errors")):
        check.same(f"{name} mix: {what} of each file", page.by(family, "path", target="mix-path"),
                   {path: getattr(tally, field) for path, tally in own.items()
                    if getattr(tally, field)})
    check.equal(f"{name} mix: errors by number", page.by(endpoint.TARGET_ERRORS, "errno", target="mix-path"),
                {"EFAULT": sum(tally.errors for tally in own.values())})
