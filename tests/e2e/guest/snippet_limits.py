# SPDX-License-Identifier: Apache-2.0
"""How many reads are sampled, and how many of them become entries: the share that was asked for,
the rates that were allowed, and each sample counted once. Of what is on the deny list nothing,
unless that was asked for; and what is wrong in a config is refused with its place."""
import collections
import math
import os
import pathlib
import re
import subprocess
import sys
import time

from harness import checks, daemon, endpoint, programs, samples

LONG = "--long" in sys.argv
DATA = pathlib.Path("/srv/limits")
READERS = 2
READS = 1_000_000 if LONG else 100_000
READ_EVERY_NS = 200_000
ONE_IN = 100
SIGMAS = 5
# Of each of the targets with a rate.
RATE = 10
# Of the targets that share limits.snippets_per_second, which of them each alone could use up.
SHARING = ("red", "green", "blue")
SHARED_RATE = 20
SHARED_READS, SHARED_EVERY_NS = 2000, 2_000_000
MIX_READERS, MIX_READS, MIX_EVERY_NS = 4, 2500, 2_000_000
FLOOD_READS, FLOOD_BYTES, FLOOD_EVERY_NS = 10_000, 4096, 800_000
# From the read, whose time decides, to its entry, whose time we see; check_sharing measures it.
DELAY_SECONDS = 0.3
# In a flood there are always some that wait, in the ring and in the daemon's queue.
FLOOD_DELAY_SECONDS = 2
# Each SIGHUP has an answer in the journal.
HUP_ANSWER = "reloaded: "
HUPS = 3
HUP_SECONDS = 30


def config():
    everywhere = ["/etc/**", "/proc/**", f"{DATA}/secret/**"]
    by_cat = {"processes": {"comms": ["cat"]}}
    return {"limits": {"snippets_per_second": samples.MOST_PER_SECOND}, "targets": [
        samples.target("share", [f"{DATA}/one"], sample=f"1/{ONE_IN}", rate=f"{RATE}/s"),
        samples.target("every", [f"{DATA}/mix/**"], rate=f"{RATE}/s") | {"labels": ["call"]},
        samples.target("flood", [f"{DATA}/flood"], max_bytes=FLOOD_BYTES),
        samples.target("wide", everywhere) | by_cat,
        samples.target("lifted", everywhere, allow_sensitive=True) | by_cat]}


def config_of_sharing():
    return {"limits": {"snippets_per_second": SHARED_RATE}, "targets": [
        *(samples.target(name, [f"{DATA}/{name}"]) for name in SHARING),
        samples.target("lifted", ["/etc/shadow"], allow_sensitive=True),
        {"name": "plain", "paths": {"include": [f"{DATA}/one"]}}]}


def make_files():
    for folder in ("mix", "secret/.ssh"):
        (DATA / folder).mkdir(parents=True)
    for name in ("one", "flood", *SHARING, *(f"mix/file{i}" for i in range(2 * MIX_READERS)),
                 *SECRET, *PLAIN):
        (DATA / name).write_bytes(bytes(range(256)) * 64)


# Warnings.

def check_warnings(check, name, cursor, sampled, sensitive):
    """Each start says who copies, and of whom the deny list is lifted."""
    told = samples.warnings(cursor, "copy parts of what is read into the journal")
    check.true(f"{name} one warning names those that copy",
               len(told) == 1 and all(target in told[0] for target in sampled), told)
    told = samples.warnings(cursor, "allow_sensitive")
    check.true(f"{name} one warning names those without the deny list",
               len(told) == 1 and all(target in told[0] for target in sensitive), told)


# The deny list.

SECRET = ("secret/key.pem", "secret/.ssh/id_test")
PLAIN = ("secret/plain", "secret/later")
# Nothing is read for a locale.
PLAINLY = {"LC_ALL": "C", "PATH": os.environ["PATH"]}


def cat(path):
    """(pid, what it printed)"""
    process = subprocess.Popen(["cat", path], stdout=subprocess.PIPE, env=PLAINLY)
    return process.pid, process.communicate()[0]


def rows_of(cursor, name, pids):
    """{path: snippet}, of these readers"""
    return {entry.path: entry.snippet for entry in samples.entries(cursor, name)
            if entry.pid in pids}


def check_deny_list(check, cursor):
    printed, wanted, pids = {}, {}, set()
    for path in ("/etc/shadow", "/etc/hostname", "/proc/self/environ", "/proc/self/status",
                 *(f"{DATA}/{name}" for name in (*SECRET, *PLAIN))):
        pid, text = cat(path)
        pids.add(pid)
        name = path.replace("self", str(pid))
        printed[name] = text
        if path.endswith(("hostname", "status", *PLAIN)):
            wanted[name] = text[:40]
    samples.at_rest("wide", "lifted")
    check.same("deny list: entries of the others alone", rows_of(cursor, "wide", pids), wanted)
    check.same("deny list: lifted", rows_of(cursor, "lifted", pids),
               {name: text[:40] for name, text in printed.items()})
    sizes = {name: len(text) for name, text in printed.items()}

    def counted():
        seen = endpoint.scrape().by(endpoint.FILE_BYTES, "path", target="wide")
        return {name: seen.get(name) for name in sizes}

    check.same("deny list: all are counted", endpoint.until_equal(counted, sizes), sizes)
    check_renamed(check, cursor)


def check_renamed(check, cursor):
    """It is the name at the read that counts."""
    before = samples.sampled(endpoint.scrape(), "wide")
    names = [DATA / "secret/later", DATA / "secret/later.pem"]
    with open(names[0], "rb", buffering=0) as file:
        for name in names:
            os.rename(names[0], name)
            file.seek(0)
            subprocess.run(["cat"], stdin=file, stdout=subprocess.DEVNULL, check=True, env=PLAINLY)
    page = samples.at_rest("wide")
    check.equal("deny list: a name that is on it later", samples.sampled(page, "wide") - before, 1)
    check.equal("deny list: no entry of it", [entry for entry in samples.entries(cursor, "wide")
                                              if entry.path.endswith(".pem")], [])


# Shares and rates.

def readers(*words):
    """What the reads of `readers` returned: rows of PATH and numbers."""
    done = subprocess.run([programs.READERS, *words], stdout=subprocess.PIPE, check=True, text=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return [(path, *map(int, numbers)) for path, *numbers in rows]


def times_of(entries):
    """When each was sent, in seconds by the socket's clock, in order."""
    return sorted(int(entry.fields["_SOURCE_REALTIME_TIMESTAMP"]) / 1e6 for entry in entries)


def check_ceiling(check, name, entries, most, delay=DELAY_SECONDS):
    """In no number of seconds more than so many for each of them."""
    times = times_of(entries)
    check.true(f"{name} has entries", times, len(times))
    if len(times) > most:
        early = max(seconds - (late - first) for seconds in range(1, len(times) // most + 1)
                    for first, late in zip(times, times[most * seconds:]))
        check.true(f"{name} never more than {most} a second", early <= delay,
                   f"{len(times)} in {times[-1] - times[0]:.1f} s, one at most {early:.3f} s early")


def check_used(check, name, entries, most):
    """While there is more to be had, not much less."""
    times = times_of(entries)
    seconds = times[-1] - times[0]
    check.true(f"{name} the rate is used", len(times) >= 0.8 * most * seconds,
               f"{len(times)} entries in {seconds:.1f} s")


def check_share(check, cursor):
    rows = readers("-p", "-t", str(READERS), "-n", str(READS // READERS), "-b", "1", "-c", "rp",
                   "-i", str(READ_EVERY_NS), *[str(DATA / "one")] * READERS)
    made = sum(calls for _, _, calls in rows)
    returned = sum(count for _, count, _ in rows)
    page = samples.at_rest("share")
    check.equal("share calls", endpoint.until_equal(
        lambda: endpoint.scrape().sum(endpoint.FILE_CALLS, target="share"), made), made)
    taken, wanted = samples.sampled(page, "share"), returned / ONE_IN
    sigma = math.sqrt(returned * (1 / ONE_IN) * (1 - 1 / ONE_IN))
    check.true(f"share 1 in {ONE_IN} of {returned} reads", abs(taken - wanted) <= SIGMAS * sigma,
               f"{taken}, {(taken - wanted) / sigma:+.1f} sigma")
    entries = samples.entries(cursor, "share")
    samples.check_sums(check, page, entries, "share")
    check_ceiling(check, "share", entries, RATE)
    check_used(check, "share", entries, RATE)


def check_every(check, cursor):
    """1/1: each read that returned bytes, and neither ends of file nor errors."""
    rows = readers("-m", "5", "-p", "-t", str(MIX_READERS), "-n", str(MIX_READS), "-b", "300",
                   "-c", "rp", "-i", str(MIX_EVERY_NS),
                   *(f"{DATA}/mix/file{i}" for i in range(2 * MIX_READERS)))
    calls, eofs, errors = (sum(row[i] for row in rows) for i in (2, 3, 4))
    endpoint.until_equal(lambda: endpoint.scrape().sum(endpoint.FILE_CALLS, target="every"), calls)
    page = samples.at_rest("every")
    check.true("every there are ends of file and errors", eofs and errors, (calls, eofs, errors))
    check.equal("every sampled == calls - ends of file - errors", samples.sampled(page, "every"),
                calls - eofs - errors)
    check.equal("every by the daemon's own numbers", samples.sampled(page, "every"),
                page.sum(endpoint.FILE_CALLS, target="every") -
                page.sum(endpoint.FILE_EOFS, target="every") -
                page.sum(endpoint.FILE_ERRORS, target="every"))
    entries = samples.entries(cursor, "every")
    samples.check_sums(check, page, entries, "every")
    check_ceiling(check, "every", entries, RATE)
    check_used(check, "every", entries, RATE)
    check_other_calls(check, samples.sampled(page, "every"))


def check_other_calls(check, before):
    """Only read and pread64 are sampled."""
    rows = readers("-n", "400", "-b", "300", "-c", "vwsc", f"{DATA}/mix/file0", f"{DATA}/mix/file1")
    made = collections.Counter()
    for path, count, _ in rows:
        made[path] += count

    def counted():
        page = endpoint.scrape()
        return sum(page.sum(endpoint.FILE_CALLS, target="every", call=call) for call in
                   ("readv", "preadv2", "sendfile", "copy_file_range"))

    calls = sum(calls for _, _, calls in rows)
    check.equal("other calls are counted", endpoint.until_equal(counted, calls), calls)
    check.equal("other calls are not sampled", samples.sampled(samples.at_rest("every"), "every"),
                before)


def check_flood(check, cursor):
    """Long snippets, as fast as they come: each is written, or counted by why it is not."""
    rows = readers("-p", "-t", str(READERS), "-n", str(FLOOD_READS // READERS), "-b",
                   str(FLOOD_BYTES), "-c", "p", "-i", str(FLOOD_EVERY_NS),
                   *[str(DATA / "flood")] * READERS)
    page = samples.at_rest("flood")
    check.equal("flood sampled == calls", samples.sampled(page, "flood"),
                sum(calls for _, _, calls in rows))
    wanted = {f"{DATA}/flood": tuple(sum(row[i] for row in rows) for i in (1, 2))}
    check.equal("flood bytes and calls", endpoint.until_equal(
        lambda: endpoint.scrape().files(target="flood"), wanted), wanted)
    entries = samples.entries(cursor, "flood")
    samples.check_sums(check, page, entries, "flood")
    check_ceiling(check, "flood", entries, samples.MOST_PER_SECOND, FLOOD_DELAY_SECONDS)


def read_beside(process, path):
    """Reads at places of its own until the process ends; {offset: when}"""
    times = {}
    with open(path, "rb", buffering=0) as file:
        while process.poll() is None:
            times[len(times)] = time.time()
            os.pread(file.fileno(), 10, len(times) - 1)
            time.sleep(0.01)
    return times


def check_sharing(check, cursor):
    """All targets together, none of them beyond."""
    paths = [str(DATA / name) for name in SHARING]
    process = subprocess.Popen(
        [programs.READERS, "-t", str(len(paths)), "-n", str(SHARED_READS), "-b", "10", "-c", "p",
         "-i", str(SHARED_EVERY_NS), *paths], stdout=subprocess.DEVNULL)
    times = read_beside(process, paths[0])
    page = samples.at_rest(*SHARING)
    made = {name: SHARED_READS for name in SHARING}
    made[SHARING[0]] += len(times)
    check.same("sharing sampled == calls", {name: samples.sampled(page, name) for name in SHARING},
               made)
    entries = [entry for entry in samples.entries(cursor) if entry.target in SHARING]
    samples.check_sums(check, page, entries, *SHARING)
    check_ceiling(check, "sharing", entries, SHARED_RATE)
    check_used(check, "sharing", entries, SHARED_RATE)
    took = [int(entry.fields["_SOURCE_REALTIME_TIMESTAMP"]) / 1e6 - times[entry.offset]
            for entry in entries if entry.pid == os.getpid()]
    check.true("sharing from the read to its entry", took and max(took) < DELAY_SECONDS,
               f"{len(took)} of ours, at most {max(took, default=0):.3f} s")


def check_hups(check, cursor):
    """The daemon's own messages come through beside the entries."""
    def answers():
        return len([fields for fields in daemon.journal_entries(cursor)
                    if HUP_ANSWER in str(fields["MESSAGE"])])

    for number in range(1, HUPS + 1):
        daemon.systemctl("kill", "-s", "HUP", daemon.UNIT)
        cat("/etc/hostname")
        checks.until(lambda: answers() == number, HUP_SECONDS)
    check.equal("the daemon's other messages are there", answers(), HUPS)


def check_journald(check, cursor):
    """Never so many entries that journald drops any of the service."""
    limits = re.findall(r"^RateLimit.*", daemon.command("systemd-analyze", "cat-config",
                                                        "systemd/journald.conf")[1], re.MULTILINE)
    check.equal("journald has the limits that it comes with", limits, [])
    told = [entry["MESSAGE"] for entry in daemon.journal_entries(cursor, "systemd-journald")]
    check.equal("journald suppressed nothing", [text for text in told if "uppressed" in text], [])


# What is refused. The place is that of the mark, which is not part of the config.

MARK = "@"
GOOD = "sample: 1/1"
FAULTS = {
    "an include on the deny list": ("[@/etc/shadow]", GOOD),
    "one below a folder on it": ("[@/root/.ssh/id_rsa]", GOOD),
    "sample 0/0": ("[/srv]", "sample: @0/0"),
    "sample 2/3": ("[/srv]", "sample: @2/3"),
    "max_bytes 0": ("[/srv]", "max_bytes: @0"),
    "max_bytes 4097": ("[/srv]", "max_bytes: @4097"),
    "rate 0/s": ("[/srv]", "rate: @0/s"),
    "rate 1/d": ("[/srv]", "rate: @1/d"),
    "encoding": ("[/srv]", "encoding: @binary"),
    "an expression that does not compile": ("[/srv]", "redact: ['(a)', @'b(c']"),
    "an expression without a group": ("[/srv]", "redact: [@'password']"),
}
SHAPE = """limits: {{snippets_per_second: {limit}}}
targets:
  - name: a
    paths: {{include: {include}}}
    snippets: {{{snippets}}}
"""


def check_fault(check, name, text):
    """Exit status 78, and one line that begins with the mark's place."""
    line = next(number for number, words in enumerate(text.splitlines(), 1) if MARK in words)
    column = text.splitlines()[line - 1].index(MARK) + 1
    path = DATA / "wrong.yaml"
    path.write_text(text.replace(MARK, ""))
    status, told = daemon.command("vfswatchd", "--check-config", "--config", str(path))
    faults = [words for words in told.splitlines() if f"{path}:" in words]
    check.true(f"refused: {name}", status == 78 and len(faults) == 1 and
               re.search(rf"{path}:{line}:{column}: ", faults[0]), (status, told))


def check_faults(check):
    for name, (include, snippets) in FAULTS.items():
        check_fault(check, name, SHAPE.format(limit=100, include=include, snippets=snippets))
    for limit in ("0", "201"):
        check_fault(check, f"snippets_per_second {limit}",
                    SHAPE.format(limit=MARK + limit, include="[/srv]", snippets=GOOD))
    check_fault(check, "snippets without paths",
                "targets:\n  - name: a\n    snippets: @{sample: 1/1}\n")
    daemon.configure(SHAPE.format(limit=100, include="[/etc/shadow]", snippets=GOOD))
    check.true("refused: the service does not start", daemon.systemctl("restart", daemon.UNIT,
                                                                       check=False) != 0)
    check.equal("refused: its exit status", daemon.shown("ExecMainStatus"), "78")


def body(check):
    make_files()
    cursor = daemon.journal_cursor()
    daemon.start(config())
    check_warnings(check, "start", cursor, ["share", "every", "flood", "wide", "lifted"],
                   ["lifted"])
    for part in (check_deny_list, check_share, check_hups, check_every, check_flood):
        part(check, cursor)
        checks.say(f"{part.__name__} is done")
    page = samples.at_rest("wide", "lifted")
    samples.check_sums(check, page, samples.entries(cursor), "wide", "lifted")
    check.equal("lost", page.losses(), {})
    check_journald(check, cursor)
    cursor = daemon.journal_cursor()
    daemon.start(config_of_sharing())
    check_warnings(check, "second start", cursor, SHARING, ["lifted"])
    check_sharing(check, cursor)
    check_journald(check, cursor)
    checks.say("check_sharing is done")
    check_faults(check)


checks.run("snippet_limits", body)
