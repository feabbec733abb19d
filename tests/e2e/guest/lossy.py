# SPDX-License-Identifier: Apache-2.0
"""Counting where the kernel skips the probe: what is counted and what is missed add up to what was
read, and the daemon says so once. Everything else keeps still meanwhile, for the kernel skips the
probe whoever reads."""
import os
import pathlib
import re
import signal
import subprocess
import time

from harness import checks, daemon, endpoint, programs, rungs

READERS = 12
READS = 30_000
DATA = pathlib.Path("/srv/lossy")
# Stopped for a while, it cannot feed the watchdog.
PATIENCE = daemon.PATIENCE + "WatchdogSec=0\n"
QUIET = ("cron.service", "systemd-timesyncd.service", "systemd-journald.service")
METHODS = rungs.Methods("exit", "fexit")


class Quiet:
    """Nobody but the readers and their kernel."""

    def __enter__(self):
        self.stopped = [int(daemon.shown("MainPID"))]
        self.stopped += [int(pid) for unit in QUIET for pid in self._pid_of(unit)]
        for pid in self.stopped:
            os.kill(pid, signal.SIGSTOP)

    @staticmethod
    def _pid_of(unit):
        pid = daemon.command("systemctl", "show", "--value", "-p", "MainPID", unit)[1].strip()
        return [] if pid in ("", "0") else [pid]

    def __exit__(self, *_):
        for pid in self.stopped:
            os.kill(pid, signal.SIGCONT)


def make_files():
    DATA.mkdir(parents=True)
    paths = [DATA / f"file{i}" for i in range(READERS * 2)]
    for path in paths:
        path.write_bytes(b"0123456789abcdef")
    return [str(path) for path in paths]


def missed(page):
    return page.sum(endpoint.MISSED, role="accounting", function="vfs_read")


def check_sum(check, paths):
    process = programs.Stopped([programs.READERS, "-p", "-t", str(READERS), "-n", str(READS),
                                *paths], "/srv/lossy.out")
    before = endpoint.scrape()
    with Quiet():
        process.go()
        status = process.wait_for_end()
    check.equal("status", status, 0)
    own = process.counted_by_itself()
    process.reap()
    # The readers are gone: what is to come is settled in a moment.
    time.sleep(2)
    page = endpoint.scrape()
    files = page.files(target="lossy")
    made = READERS * READS
    counted = sum(calls for _, calls in files.values())
    skipped = missed(page) - missed(before)
    check.equal("counted + missed == made", (counted + skipped, sum(calls for _, calls in
                                                                    own.values())), (made, made))
    check.true("some were missed", skipped > 0, f"{counted} counted, {skipped} missed, {made} made")
    check.equal("no file has more than was read of it",
                [path for path, amount in files.items() if amount[1] > own[path][1]], [])
    check.equal("bytes of what was counted", sum(count for count, _ in files.values()), counted)
    check.equal("total", page.sum(endpoint.TARGET_CALLS, target="lossy"), counted)


def check_journal(check, cursor):
    def told(text):
        return [entry["MESSAGE"] for entry in daemon.journal_entries(cursor)
                if text in entry["MESSAGE"]]

    checks.until(lambda: told("the kernel skipped"), 20)
    # It looks each second, and goes on missing while we wait.
    for _ in range(3):
        subprocess.run([programs.READERS, "-p", "-t", "12", "-n", "2000",
                        *[str(path) for path in sorted(DATA.iterdir())]],
                       stdout=subprocess.DEVNULL, check=True)
        time.sleep(1.2)
    skipped = told("the kernel skipped the accounting probes")
    check.equal("the journal explains it once", len(skipped), 1)
    check.true("the journal says what it means", skipped and "these reads are not counted" in
               skipped[0], skipped)
    check.equal("the journal says that nothing is better, once",
                len(told("no better method is there")), 1)
    check.equal("the journal warned at the start",
                len(told("accounting by exit although it may miss")), 1)


def check_doctor(check):
    status, text = daemon.command("vfswatchctl", "doctor")
    check.equal("doctor can count", status, 0)
    line = re.search(r"^.*ends of reads by fexit: (.*)$", text, re.MULTILINE)
    check.true("doctor says that fexit is skipped",
               line and line[1].startswith("refused") and
               "skipped while another task is preempted" in line[1], line and line[0])


def body(check):
    check.equal("processors", os.cpu_count(), 1)
    paths = make_files()
    daemon.drop_in(PATIENCE)
    cursor = daemon.journal_cursor()
    daemon.start({"probe": METHODS._asdict(),
                  "targets": [{"name": "lossy", "paths": {"include": [f"{DATA}/**"]}}]})
    check.equal("in use", rungs.in_use(endpoint.scrape()), METHODS)
    check_sum(check, paths)
    checks.say("sum: done")
    check_journal(check, cursor)
    daemon.stop()
    check_doctor(check)


checks.run("lossy", body)
