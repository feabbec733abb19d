# SPDX-License-Identifier: Apache-2.0
"""One run: starts a machine, passes its streams on, and finds out how the command ended."""
import collections
import os
import pathlib
import re
import selectors
import shutil
import tarfile
import tempfile
import time

from guestlib import bundle, cache, host, kernels, machine, rootimage

# Of about fifty guests one dies before the command starts; a dead one is started again.
BOOT_TRIES = 3
# A boot takes 5 to 15 s, ten times that on a busy machine; this long, it hangs.
BOOT_LIMIT_SECONDS = 300
CONSOLE_LINES = 60
KEPT_CONSOLES = 20
CHUNK_BYTES = 1 << 16

# A processor that is stuck at the first instruction of a function, where there is no loop, or meets
# a breakpoint that nobody knows: ftrace has taken it away, and QEMU still runs what it had translated
# with it. It happens when probes are detached under load, once in some hundred guests; the command
# then starts over.
STUCK_IN_EMULATOR = re.compile(rb"soft lockup.*?RIP: 0010:\w+\+0x0/0x|Oops: int3",
                               re.DOTALL)

Outcome = collections.namedtuple("Outcome", "started status fetch_status reason")


def run(options):
    """Runs the command in a fresh guest; returns its exit status."""
    deadline = time.monotonic() + options.timeout
    kernel = kernels.prepare(options.kernel)
    root_image = None if options.minimal else rootimage.prepare()
    with tempfile.TemporaryDirectory(prefix="vfswatchd-vm.", dir="/var/tmp") as folder:
        work = pathlib.Path(folder)
        bundle.write(work / "input.tar", options, work)
        for left in reversed(range(BOOT_TRIES)):
            outcome = _attempt(kernel, options, root_image, work, deadline)
            again = not outcome.started or _emulator_failed(outcome, work / "console")
            if not again or left == 0 or time.monotonic() >= deadline:
                break
            host.say(f"{outcome.reason}; starting it again")
        if outcome.status is None:
            raise host.VmError(f"{outcome.reason}\n{_console_end(work / 'console')}")
        _take_fetched(options, work / "fetched.tar", outcome)
        return outcome.status


def _emulator_failed(outcome, console):
    return outcome.status is None and STUCK_IN_EMULATOR.search(console.read_bytes()) is not None


def _attempt(kernel, options, root_image, work, deadline):
    guest = machine.Machine(kernel, options, work / "input.tar", root_image, work / "console")
    try:
        with open(work / "fetched.tar", "wb") as fetched:
            outcome = _Streams(guest, fetched, deadline).follow()
    finally:
        errors = guest.close()
    if outcome.status is None and errors:
        return outcome._replace(reason=f"{outcome.reason}\n{errors}")
    return outcome


class _Streams:
    """Passes on what comes from the guest's ports until the command is done or the guest is."""

    def __init__(self, guest, fetched, deadline):
        self.guest = guest
        self.deadline = deadline
        self.boot_deadline = time.monotonic() + BOOT_LIMIT_SECONDS
        self.control = b""
        self.started = False
        self.done = None  # [STATUS, FETCH_STATUS]
        self.sinks = {"vm.stdout": 1, "vm.stderr": 2, "vm.fetch": fetched.fileno(),
                      "vm.control": None}
        self.selector = selectors.DefaultSelector()
        for name, end in guest.ports.items():
            self.selector.register(end, selectors.EVENT_READ, name)

    def follow(self):
        while self.selector.get_map() and self.done is None:
            limit = self.deadline if self.started else min(self.deadline, self.boot_deadline)
            left = limit - time.monotonic()
            if left <= 0:
                where = "the command" if self.started else "the boot"
                return Outcome(self.started, None, None, f"{where} took too long")
            self._pass_on(left)
        if self.done is None:
            when = "while the command ran" if self.started else "before the command started"
            return Outcome(self.started, None, None, f"the guest died {when}")
        self._drain()
        return Outcome(True, *self.done, None)

    def _drain(self):
        """What was written before the last line of control is in our sockets by now: a write to
        a port returns only when QEMU has passed it on."""
        while self.selector.get_map() and self._pass_on(0):
            pass

    def _pass_on(self, seconds):
        ready = self.selector.select(seconds)
        for selected, _ in ready:
            data = _receive(selected.fileobj)
            if not data:
                self.selector.unregister(selected.fileobj)
            elif selected.data == "vm.control":
                self._take_control(data)
            else:
                self._write(selected.data, data)
        return bool(ready)

    def _write(self, name, data):
        sink = self.sinks[name]
        while data and sink is not None:
            try:
                data = data[os.write(sink, data):]
            except BrokenPipeError:
                # Nobody reads our output any more; the command's status still counts.
                sink = self.sinks[name] = None

    def _take_control(self, data):
        self.control += data
        *lines, self.control = self.control.split(b"\n")
        for line in lines:
            word, *numbers = line.decode("ascii").split()
            if word == "started":
                self.started = True
            elif word == "done":
                self.done = list(map(int, numbers))


def _receive(end):
    try:
        return end.recv(CHUNK_BYTES)
    except ConnectionResetError:
        return b""


def _take_fetched(options, path, outcome):
    """Lays what was fetched where --fetch says; what is missing counts only if the command
    succeeded: one that failed may well have made nothing to fetch."""
    if not options.fetches:
        return
    work = path.parent / "fetched"
    if path.stat().st_size > 0:  # busybox's tar of nothing
        with tarfile.open(path) as tar:
            tar.extraction_filter = lambda member, _: member
            tar.extractall(work)
    missing = [source for source, target in options.fetches
               if not _place(work / source.strip("/"), pathlib.Path(target))]
    if missing or outcome.fetch_status != 0:
        text = f"--fetch: not in the guest: {', '.join(missing) or 'part of it'}"
        if outcome.status == 0:
            raise host.VmError(text)
        host.say(text)


def _place(source, target):
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        return True
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        return True
    return False


def _console_end(console):
    """The last lines of the console, the whole of which is kept."""
    logs = cache.root() / "consoles"
    logs.mkdir(exist_ok=True)
    kept = logs / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    shutil.copyfile(console, kept)
    for old in sorted(logs.iterdir())[:-KEPT_CONSOLES]:
        old.unlink(missing_ok=True)
    lines = kept.read_bytes().decode(errors="replace").splitlines()
    text = "\n".join(lines[-CONSOLE_LINES:])
    return f"--- the console's last lines; all of it: {kept}\n{text}\n---"
