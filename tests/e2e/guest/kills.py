# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at any moment: no read is lost, counted twice or under another name, nothing published
falls or leaves, and nothing is left over. While files come and go more of them than the ceilings
allow, too. The moments are random; e2e.seed=N on the kernel's command line repeats them."""
import collections
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

from harness import checks, daemon, endpoint, kernel, lives, onlooker, steady

LONG = "--long" in sys.argv
KILLS, REST_SECONDS = (100, 2) if LONG else (12, 3)
NEW_PAUSE_MS = 500 if LONG else 300
FIRST_KILLS = 8 if LONG else 2
SCRAPE_PAUSE_SECONDS = 1
# The target that only one of two configs has.
MAY_LEAVE = re.compile(rb'target="more"')

CHURN = "/opt/e2e/churn"
CHURNED = pathlib.Path("/srv/churn")
FILES_A_SECOND = 150
MAX_FILES, MAX_SERIES, SHARE = 1024, 800, 128
AT_ONCE = 16
# Longer than two starts on an emulated processor: a series must be seen before it leaves.
IDLE_SECONDS = 20
CHURN_KILLS = 30 if LONG else 6
# A rest and a start on an emulated processor that others keep busy.
CHURN_KILL_SECONDS = 25
FILES = CHURN_KILLS * CHURN_KILL_SECONDS * FILES_A_SECOND
CHURN_PAUSE_SECONDS = 0.3
# Other tasks' last files, and what is read while one looks.
LEFT_OVER = 8
RECLAIMED_SECONDS = 60

PLAIN = {"targets": [{"name": "one", "paths": {"include": ["/srv/one"]}}]}
CHURN_CONFIG = {
    "limits": {"max_files": MAX_FILES, "max_series": MAX_SERIES,
               "idle_series_timeout": f"{IDLE_SECONDS}s"},
    "targets": [{"name": "churn", "paths": {"include": [f"{CHURNED}/**"]}},
                {"name": "share", "paths": {"include": [f"{CHURNED}/odd/**"]}, "max_files": SHARE}]}


def seed_of_this_run():
    given = re.search(r"\be2e\.seed=(\d+)", pathlib.Path("/proc/cmdline").read_text())
    return int(given[1]) if given else random.SystemRandom().randrange(1, 1 << 31)


def read_one(size):
    pathlib.Path("/srv/one").write_bytes(bytes(size))
    pathlib.Path("/srv/one").read_bytes()


def check_counts_one(check, name, size):
    read_one(size)
    seen = endpoint.until_equal(lambda: endpoint.scrape().sum(endpoint.FILE_BYTES, target="one"),
                                size)
    check.equal(f"{name} counts", seen, size)


def stored():
    return int(daemon.shown("NFileDescriptorStore"))


def in_the_kernel():
    return kernel.names(kernel.objects()), stored()


def check_first_start(check, seed):
    """A process that is killed before it has given anything to keep, or half of it. What there is
    afterwards is what a start makes, or a start that goes on."""
    daemon.stop()
    killer = lives.Killer(seed, 0)
    keeping_seconds = measure_keeping(killer)
    good = [in_the_kernel()]
    check_counts_one(check, "first start", 1111)
    killer.kill()
    killer.wait_until_ready()
    good.append(in_the_kernel())
    for number in range(FIRST_KILLS):
        daemon.stop()
        hear_tried(killer)
        time.sleep(killer.random.uniform(0, keeping_seconds))
        killer.kill()
        killer.wait_until_ready()
        found = checks.until(lambda: in_the_kernel() in good, kernel.GONE_SECONDS)
        check.true(f"killed first start {number}: what is in the kernel and in the store", found,
                   "as it was" if found else f"{in_the_kernel()}, wanted one of {good}")
        check_counts_one(check, f"killed first start {number}", 2222 + number)
    killer.close()
    daemon.stop()
    return killer.starts[0]


def hear_tried(killer):
    """Starts the daemon; returns when it has tried all methods."""
    daemon.systemctl("start", "--no-block", daemon.UNIT)
    pid = checks.until(lives.process, 60, 0.002)
    if not killer.ear.hears(pid, "ends of reads by ", lives.READY_SECONDS):
        raise TimeoutError("the daemon tries no methods")


def measure_keeping(killer):
    """Seconds from the end of the trials until all is kept."""
    daemon.configure(PLAIN)
    hear_tried(killer)
    begin = time.monotonic()
    killer.wait_until_ready()
    return time.monotonic() - begin


def check_told(check, name, cursor, killer):
    """What the processes said of themselves."""
    told = lives.told(cursor)
    ready = sum(text.startswith("watching ") for text in told)
    going_on = sum(text.startswith(lives.GOING_ON) for text in told)
    first = next(i for i, text in enumerate(told) if text.startswith("watching "))
    check.equal(f"{name} restarts by systemd == kills", int(daemon.shown("NRestarts")),
                killer.kills)
    early = killer.ways.count(lives.AT_ONCE)
    check.true(f"{name} kills before it was ready", killer.kills + 1 - ready >= early,
               f"{killer.kills + 1 - ready} of {killer.kills}, {early} meant to for sure")
    halfway = killer.ways.count(lives.GOES_ON)
    check.true(f"{name} each start goes on with the counts",
               going_on >= ready - 1 and going_on >= halfway,
               f"{going_on} did, {ready} became ready, {halfway} were killed when they said so")
    check.equal(f"{name} methods are tried once", [text for text in told[first:]
                                                   if "in its trial" in text], [])
    check.equal(f"{name} counts from 0, or that would be lost",
                [text for text in told[first:] if text.startswith((
                    "counts start from 0", "counts will not outlive", "a crash would lose"))], [])
    checks.say(f"{name}: {killer.kills} kills; starts took {min(killer.starts):.1f} to "
               f"{max(killer.starts):.1f} s; {dict(collections.Counter(killer.ways))}")
    killer.close()


def check_resets(check, name):
    found = steady.resets(endpoint.scrape())
    check.true(f"{name} state resets", found and not any(found.values()), found)


class Reloads:
    """Has the daemon reload, a config with the same targets in another order and with one more or
    fewer each time. A process that is killed leaves the new one to the next."""

    def __init__(self, load):
        self.load = load
        self.number = 0

    def config(self):
        targets = self.load.targets()
        if self.number % 2:
            # Not of small, whose places go to whom they come first.
            more = {"include": ["/srv/steady/own/**", "/srv/steady/new/**"]}
            targets = [{"name": "more", "paths": more},
                       *reversed(targets)]
        return {"limits": {"idle_series_timeout": "1h"}, "targets": targets}

    def begin(self):
        self.number += 1
        daemon.configure(self.config())
        os.kill(lives.process(), signal.SIGHUP)


def check_steady(check, seed, start_seconds):
    load = steady.Load(seed, NEW_PAUSE_MS)
    cursor = daemon.journal_cursor()
    reloads = Reloads(load)
    daemon.start(reloads.config())
    look = onlooker.Onlooker(SCRAPE_PAUSE_SECONDS, MAY_LEAVE)
    load.go()
    killer = lives.Killer(seed, start_seconds, reloads.begin)
    begin = time.monotonic()
    killer.run(KILLS, REST_SECONDS, 3)
    checks.say(f"{killer.kills} kills in {time.monotonic() - begin:.0f} s")
    check.equal("steady status of the readers", load.end(), 0)
    load.check(check, "steady")
    report = look.end_and_check(check, "steady")
    check.equal("steady series that left", (report["left"], report["gone"]), (0, []))
    check.true("steady scrapes", report["scrapes"] >= KILLS, {
        key: report[key] for key in ("scrapes", "lives", "longest_gap_seconds")})
    check_told(check, "steady", cursor, killer)
    check_resets(check, "steady")
    daemon.stop()


def churn():
    CHURNED.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "churn", str(CHURNED)], check=True)
    # Whoever scrapes goes first: none shall miss a series between its last read and its end.
    return subprocess.Popen(["nice", "-n", "10", CHURN, "-t", str(AT_ONCE), "-r",
                             str(FILES_A_SECOND), str(FILES), str(CHURNED)],
                            stdout=subprocess.PIPE)


def check_sums(check, made, report):
    """`report` is of an onlooker that saw each series between its last read and its end."""
    wanted = {"churn": steady.added(made["even"], made["odd"]), "share": tuple(made["odd"])}
    page = steady.until_totals(wanted)
    for target, known in wanted.items():
        check.equal(f"{target} total", steady.totals(page, target), known)
        files = tuple(report["sums"][f"{what} {target}"] for what in ("bytes", "calls"))
        check.equal(f"{target} files, those that left too, + overflow == total",
                    steady.added(files, steady.overflow(page, target)), known)
    for target, reason in (("churn", "map_full"), ("churn", "series_limit"), ("share", "map_full")):
        over = steady.overflow(page, target, reason=reason)
        check.true(f"{target} overflow for {reason}", over[1] > 0, over)
    check.equal("churn lost", {key: value for key, value in page.losses().items()
                               if "overflow" not in key}, {})
    gap = report["longest_gap_seconds"]
    check.true("churn scrapes closer than the idle timeout", gap < IDLE_SECONDS,
               f"{gap:.1f} s at most, {report['scrapes']} scrapes of {report['lives']} processes")


def sum_places():
    return endpoint.scrape().samples("vfswatch_map_entries", map="sum_places")[0][1]


def check_churn(check, seed, start_seconds):
    """Killed while it gives room back."""
    cursor = daemon.journal_cursor()
    daemon.start(CHURN_CONFIG)
    look = onlooker.Onlooker(CHURN_PAUSE_SECONDS)
    process = churn()
    killer = lives.Killer(seed + 1, start_seconds)
    killer.run(CHURN_KILLS, CHURN_KILL_SECONDS / 3, 1)
    check.equal("churn goes on after the last kill", process.poll(), None)
    made = json.loads(process.communicate()[0])
    check.equal("churn status", process.returncode, 0)
    known = steady.added(made["even"], made["odd"])
    steady.until_totals({"churn": known})
    report = look.end_and_check(check, "churn")
    check_sums(check, made, report)
    check_told(check, "churn", cursor, killer)
    check_resets(check, "churn")
    checks.until(lambda: sum_places() <= LEFT_OVER, RECLAIMED_SECONDS)
    left = sum_places()
    check.true("churn sums in the kernel were reclaimed", left <= LEFT_OVER, f"{left} left")
    daemon.stop()


def body(check):
    seed = seed_of_this_run()
    checks.say(f"seed {seed}")
    daemon.stop()
    before = kernel.objects()
    daemon.drop_in(lives.RESTARTING)
    start_seconds = check_first_start(check, seed)
    checks.say("first start is done")
    check_steady(check, seed, start_seconds)
    check_churn(check, seed, start_seconds)
    check.equal("stop leaves nothing in the kernel", kernel.left_since(before), [])


checks.run("kills", body)
