# SPDX-License-Identifier: Apache-2.0
"""Programs that wait before their exec, and what the kernel and strace say they read."""
import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess

from harness import checks

READERS = "/opt/e2e/readers"
SNIPPETS = "/opt/e2e/snippets"
READ_CALLS = "read,pread64,readv,preadv,preadv2,sendfile,copy_file_range"
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)(?: (E\w+))?")
DESCRIPTOR = re.compile(r"\d+<(.*?)>(?:\(deleted\))?(?=[,)]|$)")
TRIES = 3
STOPPED = "--- stopped by SIGSTOP ---\n"
ENDED = re.compile(r"^\+\+\+ (exited|killed) .*\n\Z", re.MULTILINE)
# These are refused before the kernel counts a call.
UNCOUNTED = ("EBADF",)

Io = collections.namedtuple("Io", "bytes calls")


def io_of(pid):
    """rchar and syscr of a process, its threads' and reaped children's with it."""
    text = pathlib.Path(f"/proc/{pid}/io").read_text()
    fields = dict(line.split(": ") for line in text.splitlines())
    return Io(int(fields["rchar"]), int(fields["syscr"]))


class Stopped:
    """A process that stands still before its exec until `go`; with `traces`, a folder, strace
    writes there what it reads, a file for each thread, and both stay on one processor."""

    def __init__(self, argv, out, traces=None, processor=0):
        self.argv = argv
        self.out = pathlib.Path(out)
        self.traces = traces
        self.processor = processor
        # strace gives itself three seconds to attach, which a busy machine may take.
        for _ in range(TRIES):
            if self._stands_still():
                return
        raise ChildProcessError(f"{argv[0]} does not start")

    def _stands_still(self):
        if self.traces is not None:
            shutil.rmtree(self.traces, ignore_errors=True)
            self.traces.mkdir(parents=True)
        self.pid = os.fork()
        if self.pid == 0:
            self._become()
        stopped = os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED)
        return stopped.si_code == os.CLD_STOPPED

    def _become(self):
        try:
            sink = os.open(self.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            null = os.open("/dev/null", os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            os.closerange(3, 256)
            if self.traces is not None:
                self._become_traced()
            os.kill(os.getpid(), signal.SIGSTOP)
            os.execvp(self.argv[0], self.argv)
        finally:
            os._exit(127)

    def _become_traced(self):
        # -D: strace is the grandchild, so that the zombie is ours and keeps its sums. On one
        # processor: waking another one takes an emulated machine far longer than the call.
        os.sched_setaffinity(0, {self.processor})
        os.execvp("strace", [
            "strace", "-D", "-f", "-ff", "--seccomp-bpf", "-y", "-s", "0", "-e",
            f"trace={READ_CALLS}", "-o", str(self.traces / "trace"), "--",
            "sh", "-c", 'kill -STOP $$; exec "$@"', "sh", *self.argv])

    def go(self):
        os.kill(self.pid, signal.SIGCONT)

    def wait_for_end(self):
        """Until it has ended; it stays a zombie, whose sums can still be read. Returns its exit
        status, negative when a signal ended it."""
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def reap(self):
        os.waitpid(self.pid, 0)

    def end(self, number=signal.SIGTERM):
        """For one that lives on until it is told, or shall not run at all."""
        os.kill(self.pid, number)
        self.reap()

    def traced_reads(self):
        """{path: (bytes, calls)} as strace saw them."""
        if not checks.until(self._is_written, 60):
            raise TimeoutError(f"strace has not written all of {self.traces}")
        # What comes before is of the shell that stopped itself.
        return _sums(trace.read_text(errors="surrogateescape").rpartition(STOPPED)[2]
                     for trace in self.traces.iterdir())

    def _is_written(self):
        return all(ENDED.search(trace.read_text(errors="surrogateescape"))
                   for trace in self.traces.iterdir())

    def counted_by_itself(self):
        """What `readers` printed: {path: (bytes, calls)}."""
        rows = (line.rsplit(" ", 2) for line in self.out.read_text().splitlines())
        return {path: (int(count), int(calls)) for path, count, calls in rows}


class Attached:
    """strace at processes that run already, and at those that they make from now on."""

    def __init__(self, pids, traces):
        self.traces = pathlib.Path(traces)
        shutil.rmtree(self.traces, ignore_errors=True)
        self.traces.mkdir(parents=True)
        self.process = subprocess.Popen(
            ["strace", "-f", "-ff", "-y", "-s", "0", "-e", f"trace={READ_CALLS}",
             "-o", str(self.traces / "trace"), *(f"-p{pid}" for pid in pids)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not checks.until(lambda: all(map(_is_traced, pids)), 60):
            raise ChildProcessError("strace does not attach")

    def end(self):
        """Leaves the processes alone; returns {path: (bytes, calls)}, what they read meanwhile."""
        self.process.terminate()
        self.process.wait()
        return _sums(trace.read_text(errors="surrogateescape") for trace in self.traces.iterdir())


def _is_traced(pid):
    return "TracerPid:\t0\n" not in pathlib.Path(f"/proc/{pid}/status").read_text()


def _sums(texts):
    sums = collections.defaultdict(lambda: [0, 0])
    for text in texts:
        for line in text.splitlines():
            _add_call(line, sums)
    return {path: tuple(amount) for path, amount in sums.items()}


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
