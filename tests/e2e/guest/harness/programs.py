# SPDX-License-Identifier: Apache-2.0
"""Programs that wait before their exec, and what the kernel and strace say they read."""
import collections
import os
import pathlib
import re
import signal
import subprocess

from harness import checks

READERS = "/opt/e2e/readers"
READ_CALLS = "read,pread64,readv,preadv,preadv2,sendfile,copy_file_range"
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)(?: (E\w+))?")
DESCRIPTOR = re.compile(r"\d+<(.*?)>(?:\(deleted\))?(?=[,)]|$)")
# These are refused before the kernel counts a call.
UNCOUNTED = ("EBADF",)

Io = collections.namedtuple("Io", "bytes calls")


def io_of(pid):
    """rchar and syscr of a process, its threads' and reaped children's with it."""
    text = pathlib.Path(f"/proc/{pid}/io").read_text()
    fields = dict(line.split(": ") for line in text.splitlines())
    return Io(int(fields["rchar"]), int(fields["syscr"]))


class Stopped:
    """A process that stands still before its exec until `go`."""

    def __init__(self, argv, out):
        self.argv = argv
        self.out = pathlib.Path(out)
        self.strace = None
        self.pid = os.fork()
        if self.pid == 0:
            self._become()
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)

    def _become(self):
        try:
            sink = os.open(self.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            null = os.open("/dev/null", os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            os.closerange(3, 256)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.execvp(self.argv[0], self.argv)
        finally:
            os._exit(127)

    def trace(self, folder):
        """Lets strace follow it, with a file for each thread below `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.traces = folder
        self.strace = subprocess.Popen(
            ["strace", "-f", "-ff", "-y", "-s", "0", "-e", f"trace={READ_CALLS}", "-e", "signal=none",
             "-o", str(folder / "trace"), "-p", str(self.pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not checks.until(self._is_traced, 30, 0.05):
            raise TimeoutError("strace did not attach")

    def _is_traced(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return "TracerPid:\t0\n" not in status

    def go(self):
        os.kill(self.pid, signal.SIGCONT)

    def wait_for_end(self):
        """Until it has ended; it stays a zombie, whose sums can still be read. Returns its exit
        status, negative when a signal ended it."""
        if self.strace is not None:
            self.strace.wait()
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def reap(self):
        os.waitpid(self.pid, 0)

    def traced_reads(self):
        """{path: (bytes, calls)} as strace saw them."""
        sums = collections.defaultdict(lambda: [0, 0])
        for trace in self.traces.iterdir():
            for line in trace.read_text(errors="surrogateescape").splitlines():
                _add_call(line, sums)
        return {path: tuple(amount) for path, amount in sums.items()}

    def counted_by_itself(self):
        """What `readers` printed: {path: (bytes, calls)}."""
        rows = (line.rsplit(" ", 2) for line in self.out.read_text().splitlines())
        return {path: (int(count), int(calls)) for path, count, calls in rows}


def _add_call(line, sums):
    match = CALL.match(line)
    if match is None:
        return
    name, arguments, result, error = match.groups()
    if error in UNCOUNTED:
        return
    descriptors = DESCRIPTOR.findall(arguments)
    # sendfile(OUT, IN, ...); the others name what they read first.
    path = descriptors[1 if name == "sendfile" else 0]
    amount = sums[_shown_path(path)]
    amount[0] += max(0, int(result)) if result != "?" else 0
    amount[1] += 1


def _shown_path(path):
    """As the daemon shows it: without numbers and marks."""
    path = re.sub(r"<(char|block) .*", "", path)
    path = re.sub(r"^(pipe|socket):\[.*\]$", r"\1:", path)
    return path.removesuffix(" (deleted)")
