# SPDX-License-Identifier: Apache-2.0
"""journald stands still, or is not there, while snippets are written: counts stay exact, scrapes
answer as before, nothing hangs, each sample that is lost is counted, and afterwards all goes on."""
import collections
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

from harness import checks, daemon, endpoint, programs, samples

LONG = "--long" in sys.argv
DATA = pathlib.Path("/srv/journald")
STOPPED_SECONDS = 30 if LONG else 10
BEFORE_SECONDS, AFTER_SECONDS, AWAY_SECONDS = 6, 5, 6
# For what else is done while journald stands still.
MORE_SECONDS = 15
# Readers in pairs, each pair a target: 160 samples a second in all, so that within a few seconds
# journald's socket is full (net.unix.max_dgram_qlen is 512).
TARGETS, READERS_OF_ONE, READS_PER_SECOND = ("even", "odd"), 2, 40
# Then it is full.
FULL_SECONDS = 5
# Against the longest before: two busy processors of an emulated machine are no clock.
SLOW_FACTOR, SLOW_SECONDS = 3, 2
TORN_BYTES, TORN_TIMES = 1 << 20, 2
# Shorter than journald stands still after the daemon had something to tell.
WATCHDOG_SECONDS = 5
STOP_SECONDS = 10
SOCKET = pathlib.Path("/run/systemd/journal/socket")
JOURNALD = ("systemd-journald.socket", "systemd-journald-dev-log.socket",
            "systemd-journald-audit.socket", "systemd-journald.service")


def config():
    targets = [samples.target(name, [f"{DATA}/{name}/**"]) for name in TARGETS]
    return {"limits": {"snippets_per_second": samples.MOST_PER_SECOND},
            "targets": [*targets, samples.target("torn", [f"{DATA}/torn"]),
                        {"name": "late", "paths": {"include": [f"{DATA}/late"]}}]}


def make_files():
    for name in TARGETS:
        (DATA / name).mkdir(parents=True)
        for number in range(READERS_OF_ONE):
            (DATA / name / f"file{number}").write_bytes(b"0123456789" * 10)
    (DATA / "torn").write_bytes(b"x" * TORN_BYTES)


class Load:
    """Reads at a steady pace, for so many seconds, and what they returned."""

    def __init__(self, seconds):
        words = ["-t", str(READERS_OF_ONE), "-n", str(seconds * READS_PER_SECOND), "-b", "50", "-i",
                 str(10 ** 9 // READS_PER_SECOND)]
        self.processes = {
            name: subprocess.Popen(
                [programs.READERS, *words, *(f"{DATA}/{name}/file{number}"
                                             for number in range(READERS_OF_ONE))],
                stdout=subprocess.PIPE, text=True) for name in TARGETS}

    def end(self, book):
        """Waits for it, and adds to the book, {target: {path: [bytes, calls]}}."""
        for name, process in self.processes.items():
            for line in process.communicate()[0].splitlines():
                path, count, calls = line.split()
                book[name][path][0] += int(count)
                book[name][path][1] += int(calls)


def new_book():
    return {name: collections.defaultdict(lambda: [0, 0]) for name in TARGETS}


def scrape_each_second(seconds):
    """[seconds that each took], and no counter of a target's reads stands still."""
    took, counts = [], []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        page = endpoint.scrape()
        took.append(time.monotonic() - begin)
        counts.append(page.sum(endpoint.TARGET_CALLS))
        time.sleep(max(0, 1 - took[-1]))
    return took, counts


def check_scrapes(check, name, before, took, counts):
    usual, now = statistics.median(before), statistics.median(took)
    check.true(f"{name} scrapes take their usual time",
               now <= SLOW_FACTOR * max(before) and max(took) <= SLOW_SECONDS,
               f"median {now:.3f} s, longest {max(took):.3f} s; before: median {usual:.3f} s, "
               f"longest {max(before):.3f} s")
    check.equal(f"{name} counts grow from scrape to scrape", counts, sorted(set(counts)))


def check_books(check, name, book, cursor):
    """At rest: counts are what was read, and each sample has its end."""
    for target in TARGETS:
        wanted = {path: tuple(amount) for path, amount in book[target].items()}
        seen = endpoint.until_equal(lambda: endpoint.scrape().files(target=target), wanted)
        check.same(f"{name} {target} bytes and calls of each file", seen, wanted)
    page = samples.at_rest(*TARGETS)
    for target in TARGETS:
        # Nobody reads to the end of a file.
        check.equal(f"{name} {target} sampled == calls", samples.sampled(page, target),
                    sum(calls for _, calls in book[target].values()))
    samples.check_sums(check, page, samples.entries(cursor), *TARGETS)
    check.equal(f"{name} lost", page.losses(), {})
    return page


def check_life(check, name, pid):
    check.equal(f"{name} the daemon lives", (daemon.shown("MainPID"), daemon.shown("NRestarts")),
                (pid, "0"))


# journald stands still.

class Still:
    """journald does not take what it is sent."""

    def __enter__(self):
        self.pid = int(daemon.command("systemctl", "show", "--value", "-p", "MainPID",
                                      "systemd-journald.service")[1])
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def make_it_tell():
    """Of a config that it refuses, and of reads whose copy fails, the daemon itself tells the
    journal."""
    daemon.configure("wrong: true")
    daemon.systemctl("kill", "-s", "HUP", daemon.UNIT)
    subprocess.run([programs.SNIPPETS, "torn", str(DATA / "torn"), str(TORN_TIMES)], check=True)


def check_late(check):
    """A file whose name comes late is on the next page."""
    late = DATA / "late"
    late.write_bytes(b"late")
    late.read_bytes()
    # Its end was found as well.
    wanted = {str(late): (4, 2)}
    check.equal("still a new file", endpoint.until_equal(
        lambda: endpoint.scrape().files(target="late"), wanted, 5), wanted)


def check_still(check, book, cursor, pid):
    load = Load(BEFORE_SECONDS + STOPPED_SECONDS + AFTER_SECONDS + MORE_SECONDS)
    before, _ = scrape_each_second(BEFORE_SECONDS)
    with Still():
        took, counts = scrape_each_second(FULL_SECONDS)
        # Nor find the daemon's own messages any room.
        make_it_tell()
        later, later_counts = scrape_each_second(STOPPED_SECONDS - FULL_SECONDS)
        check_late(check)
        check.equal("still healthy", endpoint.get("/-/healthy").status, 200)
    check_scrapes(check, "still", before, took + later, counts + later_counts)
    after, counts = scrape_each_second(AFTER_SECONDS)
    check_scrapes(check, "still, afterwards", before, after, counts)
    load.end(book)
    page = check_books(check, "still", book, cursor)
    lost = samples.outcomes(page, "even")
    check.true("still some were lost", lost["queue_full"] + lost["journal_error"] > 0, lost)
    check.equal("still faults", samples.outcomes(samples.at_rest("torn"), "torn"),
                samples.NO_OUTCOMES | {"fault": TORN_TIMES})
    check_life(check, "still", pid)


# journald cannot be reached.

def move_socket():
    SOCKET.rename(SOCKET.with_suffix(".away"))


def move_socket_back():
    SOCKET.with_suffix(".away").rename(SOCKET)


def stop_journald():
    daemon.systemctl("stop", *JOURNALD)


def start_journald():
    daemon.systemctl("start", *JOURNALD)


def read_meanwhile(book, seconds=AWAY_SECONDS):
    """Reads, and scrapes; returns how long scrapes took, the counts, and the page at rest."""
    load = Load(seconds)
    took, counts = scrape_each_second(seconds - 1)
    load.end(book)
    return took, counts, samples.at_rest(*TARGETS)


def grown(before, after, target):
    """What became of the samples between two pages, {outcome: how many}."""
    was, now = samples.outcomes(before, target), samples.outcomes(after, target)
    return {outcome: now[outcome] - was[outcome] for outcome in now if now[outcome] != was[outcome]}


def check_ends(check, name, before, after, outcome):
    """All of these samples came to this end, but for those that were over a limit."""
    for target in TARGETS:
        ends = grown(before, after, target)
        taken = samples.sampled(after, target) - samples.sampled(before, target)
        check.true(f"{name} {target}: {outcome}", ends.get(outcome, 0) > 0 and
                   ends[outcome] + ends.get("rate_limited", 0) == taken, f"{ends} of {taken}")


def check_away(check, name, book, cursor, pid, leave, come):
    """`leave` and `come`: what makes it unreachable, and reachable again; while nobody reads, or
    journald could take with it what it was sent."""
    before, _, at_start = read_meanwhile(book)
    leave()
    took, counts, at_end = read_meanwhile(book)
    come()
    check_scrapes(check, name, before, took, counts)
    check_ends(check, name, at_start, at_end, "journal_error")
    _, _, afterwards = read_meanwhile(book)
    check_ends(check, f"{name}, afterwards", at_end, afterwards, "written")
    check_books(check, name, book, cursor)
    check_life(check, name, pid)


def check_stop(check, name, also):
    """A daemon that cannot tell the journal anything ends none the less."""
    daemon.start(config())
    load = Load(FULL_SECONDS)
    with Still():
        load.end(new_book())
        also()
        begin = time.monotonic()
        daemon.systemctl("stop", daemon.UNIT)
        took = time.monotonic() - begin
    check.true(f"{name} while journald stands still", took < STOP_SECONDS, f"{took:.1f} s")
    check.equal(f"{name} state", (daemon.shown("ActiveState"), daemon.shown("Result")),
                ("inactive", "success"))


def body(check):
    make_files()
    daemon.drop_in(f"{daemon.PATIENCE}WatchdogSec={WATCHDOG_SECONDS}\n")
    daemon.start(config())
    pid = daemon.shown("MainPID")
    cursor, book = daemon.journal_cursor(), new_book()
    check_still(check, book, cursor, pid)
    checks.say("still is done")
    check_away(check, "without a socket", book, cursor, pid, move_socket, move_socket_back)
    checks.say("without a socket is done")
    check_away(check, "without journald", book, cursor, pid, stop_journald, start_journald)
    checks.say("without journald is done")
    daemon.drop_in(daemon.PATIENCE)
    check_stop(check, "stop", lambda: None)
    check_stop(check, "stop of one that has something to tell", make_it_tell)


checks.run("journald", body)
