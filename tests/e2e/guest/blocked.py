# SPDX-License-Identifier: Apache-2.0
"""60 processes wait in read() while others read: each of the others' reads is counted, with its
end of file, and in the end those that waited are counted too."""
import os
import pathlib
import signal
import subprocess
import tty

from harness import checks, daemon, endpoint, programs, rungs

WAITING = 60
READERS, READS = 4, 250
FILE_BYTES = 16
DATA = pathlib.Path("/srv/blocked")
READ = "0"  # its number among the system calls


class Waiting:
    """A process that reads a byte at a time, from a pipe or a terminal."""

    def __init__(self, number):
        if number % 2:
            self.there, self.here = os.pipe()
            self.path = "pipe:"
        else:
            self.here, self.there = os.openpty()
            tty.setraw(self.there)
            self.path = os.ttyname(self.there)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.here)
                while os.read(self.there, 1):
                    pass
            finally:
                os._exit(0)
        os.close(self.there)
        self.calls = 0

    def waits(self):
        """In its next read()."""
        return (programs.io_of(self.pid).calls >= self.calls and
                pathlib.Path(f"/proc/{self.pid}/syscall").read_text().split()[0] == READ)

    def wake(self):
        """Its read() returns a byte, and the next one waits."""
        self.calls = programs.io_of(self.pid).calls + 1
        os.write(self.here, b"x")


def wake_all(waiting):
    for process in waiting:
        process.wake()
    if not checks.until(lambda: all(process.waits() for process in waiting), 60):
        raise TimeoutError("not all of them wait in read()")


def read_elsewhere(paths):
    """{path: (bytes, calls)} of 1,000 reads by others."""
    argv = [programs.READERS, "-p", "-t", str(READERS), "-n", str(READS), "-b", "1", "-c", "r"]
    out = subprocess.run([*argv, *paths], stdout=subprocess.PIPE, check=True, text=True)
    rows = map(str.split, out.stdout.splitlines())
    return {path: (int(count), int(calls)) for path, count, calls in rows}


class Blocked:
    """The processes that wait, and the files of the others."""

    def __init__(self):
        DATA.mkdir(parents=True)
        self.paths = [str(DATA / f"file{i}") for i in range(READERS)]
        for path in self.paths:
            pathlib.Path(path).write_bytes(bytes(FILE_BYTES))
        self.waiting = [Waiting(number) for number in range(WAITING)]

    def targets(self):
        return [{"name": "reads", "paths": {"include": [f"{DATA}/**"]}},
                {"name": "waits", "processes": {"pids": [one.pid for one in self.waiting]},
                 "file_types": daemon.ALL_TYPES}]

    def run(self, check, name):
        # A read under way when the daemon attaches is not counted; the next one is.
        wake_all(self.waiting)
        own = read_elsewhere(self.paths)
        endpoint.until_equal(lambda: endpoint.scrape().files(target="reads"), own)
        page = endpoint.scrape()
        check.equal(f"{name} blocked: calls", page.sum(endpoint.TARGET_CALLS, target="reads"),
                    READERS * READS)
        check.same(f"{name} blocked: each file", page.files(target="reads"), own)
        check.equal(f"{name} blocked: nothing of those that wait",
                    page.sum(endpoint.TARGET_CALLS, target="waits"), 0)
        if rungs.all_ends_seen(page, f"{name} blocked"):
            # A byte each, but at the end.
            check.same(f"{name} blocked: ends of file",
                       page.by(endpoint.FILE_EOFS, "path", target="reads"),
                       {path: calls - count for path, (count, calls) in own.items()})
            check.equal(f"{name} blocked: errors",
                        page.sum(endpoint.TARGET_ERRORS, target="reads"), 0)
        wake_all(self.waiting)
        self.check_those_that_waited(check, name)

    def check_those_that_waited(self, check, name):
        wanted = {}
        for one in self.waiting:
            count, calls = wanted.get(one.path, (0, 0))
            wanted[one.path] = (count + 1, calls + 1)
        seen = endpoint.until_equal(lambda: endpoint.scrape().files(target="waits"), wanted)
        check.same(f"{name} blocked: those that waited", seen, wanted)

    def end(self):
        for one in self.waiting:
            os.kill(one.pid, signal.SIGKILL)
            os.waitpid(one.pid, 0)
