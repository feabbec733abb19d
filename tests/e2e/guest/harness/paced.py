# SPDX-License-Identifier: Apache-2.0
"""A reader at a steady pace, which leaves the processor to others, and stands still while it is
looked at."""
import os
import pathlib
import signal
import time

from harness import endpoint, programs, steady

DATA = pathlib.Path("/srv/paced")
FILES, BYTES, PAUSE_NS = 20, 100, 20_000_000
BEGINS_SECONDS, STANDS_SECONDS = 2, 1


class Paced:
    """`look` gets a page of the endpoint; `target` is that which wants what is in DATA. What it
    reads counts from here on."""

    def __init__(self, look, target):
        self.look, self.target = look, target
        DATA.mkdir(parents=True)
        files = [DATA / f"file{number}" for number in range(FILES)]
        for file in files:
            file.write_bytes(b"x" * BYTES)
        self.process = programs.Stopped([programs.READERS, "-n", "1000000000", "-b", str(BYTES),
                                         "-i", str(PAUSE_NS), *map(str, files)], "/srv/paced.out")
        self.process.go()
        time.sleep(BEGINS_SECONDS)
        self.before = self._stands(), self._counted()
        os.kill(self.process.pid, signal.SIGCONT)

    def _stands(self):
        """(bytes, calls) by the kernel's own books."""
        os.kill(self.process.pid, signal.SIGSTOP)
        time.sleep(STANDS_SECONDS)
        return tuple(programs.io_of(self.process.pid))

    def _counted(self):
        return steady.totals(self.look(), self.target)

    def end_and_check(self, check):
        """To the byte."""
        wanted = _grown(self.before[0], self._stands())
        check.equal("bytes and calls == growth of rchar and syscr", endpoint.until_equal(
            lambda: _grown(self.before[1], self._counted()), wanted), wanted)
        self.process.end(signal.SIGKILL)


def _grown(before, after):
    return tuple(then - now for now, then in zip(before, after))
