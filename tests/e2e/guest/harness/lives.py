# SPDX-License-Identifier: Apache-2.0
"""The daemon's processes, one after the other: SIGKILL ends them at moments of a random sequence,
and systemd starts the next."""
import http.client
import os
import pathlib
import random
import select
import signal
import subprocess
import time

from harness import checks, daemon, endpoint

RESTARTING = daemon.OFTEN + "Restart=always\nRestartSec=0.1\n"
PROCESSES = pathlib.Path(f"/sys/fs/cgroup/system.slice/{daemon.UNIT}/cgroup.procs")
APPEARS_SECONDS = 60
READY_SECONDS = 240
HEARD_BYTES = 1 << 16
GOING_ON = "going on with the counts of the process before"
# Of a process that is ready; of one that reloads, at any moment of that; of one that is about to
# write the next piece of its state; of one that starts, at any moment of that; of one that just said
# that it goes on, and is about to keep what it has; of one that just appeared, which systemd may
# still be making.
RUNNING, RELOADING, WRITING, STARTING, GOES_ON, AT_ONCE = (
    "running", "reloading", "writing", "starting", "goes on", "at once")
WEIGHTS = {RUNNING: 4, RELOADING: 3, WRITING: 2, STARTING: 2, GOES_ON: 2, AT_ONCE: 1}
READY_FIRST = (RUNNING, RELOADING, WRITING)
# Files in memory are written by these two alone; a save takes four or five of them.
STATE_CALLS = "pwrite64,ftruncate"
MOST_STATE_CALLS = 6
WRITES_SECONDS = 60


def process():
    """Pid of the daemon, whatever state the unit is in; 0: there is none. Others of the unit prepare
    its start, or ask for a reload."""
    try:
        return next((int(pid) for pid in PROCESSES.read_text().split() if _is_daemon(pid)), 0)
    except OSError:
        return 0


def _is_daemon(pid):
    """Or is about to be: systemd calls a process (fswatchd) before it runs the program."""
    try:
        return "fswatchd" in pathlib.Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return False


def is_ready():
    try:
        return endpoint.get("/-/ready", seconds=5).status == 200
    except (OSError, http.client.HTTPException):
        return False


def told(cursor):
    """Messages of all processes since then."""
    return [str(entry["MESSAGE"]) for entry in daemon.journal_entries(cursor)]


class Ear:
    """Hears what the unit's processes say, a moment later."""

    def __init__(self):
        self.journal = subprocess.Popen(
            ["journalctl", "-f", "-n", "0", "-u", daemon.UNIT, "-o", "short"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        os.set_blocking(self.journal.stdout.fileno(), False)
        self.heard = b""

    def hears(self, pid, text, seconds):
        """Waits for this process to say what begins like this; False: it did not."""
        wanted = f"[{pid}]: {text}".encode()
        end = time.monotonic() + seconds
        while wanted not in self.heard:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.journal.stdout], [], [], left)[0]:
                return False
            self.heard = (self.heard + (self.journal.stdout.read() or b""))[-HEARD_BYTES:]
        return True

    def close(self):
        self.journal.kill()
        self.journal.wait()


class Killer:
    """`start_seconds`: how long a start takes, about, and a reload. `begin_reload` has the daemon
    begin one, with another config."""

    def __init__(self, seed, start_seconds, begin_reload=None):
        self.begin_reload = begin_reload
        self.random = random.Random(seed)
        self.start_seconds = start_seconds
        self.kills = 0
        self.ways = []
        self.starts = []  # seconds from a process's appearance until it was ready
        self.born = None
        self.ear = Ear()

    def run(self, kills, rest_seconds, early_in_a_row):
        """A running process is killed after a rest of at most so long; between two of them at most
        so many before they are ready."""
        for way in self._choose_ways(kills, early_in_a_row):
            self.wait(way, rest_seconds)
            self.kill(way)
            self.ways.append(way)
        self.wait_until_ready()

    def wait(self, way, rest_seconds):
        if way in READY_FIRST:
            self.wait_until_ready()
        if way in (RUNNING, WRITING):
            time.sleep(self.random.uniform(0, rest_seconds))
        elif way == RELOADING:
            self.begin_reload()
            time.sleep(self.random.uniform(0, self.start_seconds))
        elif way == STARTING:
            time.sleep(self.random.uniform(0, self.start_seconds))
        elif way == GOES_ON and not self.ear.hears(process(), GOING_ON, READY_SECONDS):
            raise TimeoutError("the daemon does not go on")

    def _choose_ways(self, kills, early_in_a_row):
        weights = {way: weight for way, weight in WEIGHTS.items()
                   if way != RELOADING or self.begin_reload}
        ways = [RUNNING]
        while len(ways) < kills:
            way = self.random.choices(list(weights), weights.values())[0]
            if any(one in READY_FIRST for one in (way, *ways[-early_in_a_row:])):
                ways.append(way)
        return ways

    def kill(self, way=RUNNING):
        """Returns when there is another process."""
        pid = process()
        if way == WRITING:
            self._kill_at_a_write(pid)
        else:
            os.kill(pid, signal.SIGKILL)
        self.kills += 1
        if not checks.until(lambda: process() not in (0, pid), APPEARS_SECONDS, 0.002):
            raise TimeoutError(f"nobody came after {pid}")
        self.born = time.monotonic()

    def _kill_at_a_write(self, pid):
        """Instead of the next call but some that writes the state."""
        nth = self.random.randint(1, MOST_STATE_CALLS)
        end = time.monotonic() + WRITES_SECONDS
        tracer = subprocess.Popen(["strace", "-f", "-o", "/dev/null", "-p", str(pid), "-e",
                        f"trace={STATE_CALLS}", "-e",
                        f"inject={STATE_CALLS}:signal=SIGKILL:when={nth}"],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        killed = checks.until(lambda: process() != pid, end - time.monotonic(), 0.002)
        tracer.kill()
        tracer.wait()
        if not killed:
            raise TimeoutError(f"{pid} wrote nothing, or strace did not see it")

    def wait_until_ready(self):
        if not checks.until(is_ready, READY_SECONDS, 0.02):
            raise TimeoutError("the daemon does not become ready")
        if self.born is not None:
            self.starts.append(time.monotonic() - self.born)
            self.born = None

    def close(self):
        self.ear.close()
