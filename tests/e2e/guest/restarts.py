# SPDX-License-Identifier: Apache-2.0
"""What outlives a process and what does not: restarts go on with all counts, quickly and without
growing, whatever becomes of systemd and of the config meanwhile; a stop, tables that are too small,
another layout and persist: false end them."""
import collections
import os
import pathlib
import re
import shutil
import statistics
import time

from harness import checks, daemon, endpoint, kernel, lives, onlooker, steady

RESTARTS = 10
NEW_PAUSE_MS = 300
FLAT_RESTARTS = 20
REST_SECONDS = 1
SCRAPE_PAUSE_SECONDS = 1
SEED = 1
RSS_MAY_DIFFER = 0.05
PROGRAM = pathlib.Path("/usr/sbin/vfswatchd")
NEXT_PROGRAM = pathlib.Path("/opt/e2e/vfswatchd_next")
DATA = pathlib.Path("/srv/restarts")
CONFIG = {"targets": [{"name": "data", "paths": {"include": [f"{DATA}/**"]}}]}
OTHER_CONFIG = {"targets": [{"name": "more", "paths": {"include": [f"{DATA}/**"]}},
                            *CONFIG["targets"]]}
RENAMED_CONFIG = {"targets": [CONFIG["targets"][0] | {"name": "renamed"}]}
LARGER_CONFIG = CONFIG | {"limits": {"max_files": 100_000}}
BAD_CONFIG = {"targets": [{"name": "data", "paths": {"inclode": ["/srv/x"]}}]}

# One process of the daemon while nothing but the fixed files is read.
Size = collections.namedtuple("Size", "stored descriptors objects rss places sums")


def read(name, size):
    """Two calls: whoever opens reads to the end."""
    path = DATA / name
    path.write_bytes(bytes(size))
    path.read_bytes()


def counted(**labels):
    return endpoint.scrape().files(target="data", **labels)


def check_counted(check, name, known):
    check.equal(name, endpoint.until_equal(counted, known), known)


def seconds_of(action):
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def start_seconds():
    """From the start of the process until it was ready, as systemd has it."""
    begin, end = (int(daemon.shown(name)) for name in
                  ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"))
    return (end - begin) / 1e6


def of_systemd(number):
    """What systemd itself does between two restarts, now and then."""
    if number % 4 == 1:
        daemon.systemctl("daemon-reexec")
    elif number % 4 == 3:
        daemon.systemctl("daemon-reload")


def check_restarts(check):
    load = steady.Load(SEED, NEW_PAUSE_MS)
    daemon.start({"targets": load.targets()})
    first = start_seconds()
    cursor = daemon.journal_cursor()
    look = onlooker.Onlooker(SCRAPE_PAUSE_SECONDS)
    load.go()
    took = []
    for number in range(RESTARTS):
        time.sleep(REST_SECONDS)
        of_systemd(number)
        daemon.restart()
        took.append(start_seconds())
    check.equal("restarts status of the readers", load.end(), 0)
    load.check(check, "restarts")
    report = look.end_and_check(check, "restarts")
    check.equal("restarts series that left", (report["left"], report["gone"]), (0, []))
    checks.say(f"{report['scrapes']} scrapes of {report['lives']} processes")
    told = lives.told(cursor)
    check.equal("restarts that go on", sum(text.startswith(lives.GOING_ON) for text in told), RESTARTS)
    check.equal("restarts try no method again", [text for text in told if "in its trial" in text],
                [])
    checks.say(f"starts took {min(took):.2f} to {max(took):.2f} s under load, median "
               f"{statistics.median(took):.2f} s; the first one {first:.2f} s")
    resets = steady.resets(endpoint.scrape())
    check.true("restarts resets", resets and not any(resets.values()), resets)


def size_now():
    pid = daemon.shown("MainPID")
    page = endpoint.scrape()
    rss = int(re.search(r"^VmRSS:\s+(\d+) kB$",
                        pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1])
    return Size(int(daemon.shown("NFileDescriptorStore")), len(os.listdir(f"/proc/{pid}/fd")),
                len(kernel.objects()), rss, page.sum("vfswatch_map_entries", map="sum_places"),
                page.sum("vfswatch_map_entries", map="sums"))


def check_flat(check, name, restart):
    """Each restart leaves things as the one before did."""
    load = steady.Load(SEED, 0)
    daemon.start({"targets": load.targets()})
    load.go()
    sizes = []
    for _ in range(FLAT_RESTARTS):
        restart()
        sizes.append(size_now())
    check.equal(f"{name} status of the readers", load.end(), 0)
    load.check(check, name)
    # All files have been read by then.
    later = sizes[FLAT_RESTARTS // 4:]
    for field in ("stored", "descriptors", "objects", "places", "sums"):
        values = [getattr(size, field) for size in later]
        check.true(f"{name} {field}", all(value == values[0] for value in values), values)
    # The least of each half: how much of the heap is free differs from process to process.
    rss = [size.rss for size in sizes]
    first, last = min(rss[:FLAT_RESTARTS // 2]), min(rss[FLAT_RESTARTS // 2:])
    check.true(f"{name} RSS", last <= (1 + RSS_MAY_DIFFER) * first,
               f"{first} KiB, then {last} KiB: {rss}")


def check_flat_over_kills(check):
    killer = lives.Killer(SEED, 0)

    def restart():
        killer.kill()
        killer.wait_until_ready()

    check_flat(check, "flat over kills", restart)
    killer.close()


def check_stop(check, before):
    """Then all begins anew, even if the start comes at once."""
    daemon.start(CONFIG)
    read("stopped", 1000)
    check_counted(check, "stop counted before", {f"{DATA}/stopped": (1000, 2)})
    daemon.stop()
    check.equal("stop leaves nothing in the kernel", kernel.left_since(before), [])
    daemon.systemctl("start", daemon.UNIT)
    check.equal("stop, later a start: counts from 0", counted(), {})
    read("stopped", 1500)
    check_counted(check, "stop counted again", {f"{DATA}/stopped": (1500, 2)})
    daemon.command("sh", "-c", f"systemctl stop {daemon.UNIT}; systemctl start {daemon.UNIT}")
    check.equal("stop, at once a start: counts from 0", counted(), {})


def check_bad_config(check, before):
    """A restart that fails is an end as well."""
    daemon.start(CONFIG)
    read("bad", 1000)
    check_counted(check, "bad config counted before", {f"{DATA}/bad": (1000, 2)})
    daemon.configure(BAD_CONFIG)
    check.true("bad config restart fails", daemon.systemctl("restart", daemon.UNIT, check=False))
    check.equal("bad config leaves nothing in the kernel", kernel.left_since(before), [])
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)


def resets_after(config, wanted):
    """{reason: times} after a restart with this config, and its warnings."""
    daemon.configure(config)
    cursor = daemon.journal_cursor()
    daemon.restart()
    entries = daemon.journal_entries(cursor)
    return {reason: times for reason, times in steady.resets(endpoint.scrape()).items()
            if times}, [entry["MESSAGE"] for entry in entries if entry["PRIORITY"] == "4" and
                        wanted in entry["MESSAGE"]]


def check_other_config(check):
    """Its targets that were there go on, the others begin."""
    daemon.start(CONFIG)
    read("other", 1000)
    check_counted(check, "other config counted before", {f"{DATA}/other": (1000, 2)})
    found, warnings = resets_after(OTHER_CONFIG, "counts start from 0")
    check.equal("other config state resets", (found, warnings), ({}, []))
    read("other", 1200)
    check_counted(check, "other config goes on", {f"{DATA}/other": (2200, 4)})
    check.equal("other config, the new target begins", endpoint.scrape().files(target="more"),
                {f"{DATA}/other": (1200, 2)})
    found, warnings = resets_after(CONFIG, "counts start from 0")
    check.equal("other config and back: state resets", (found, warnings), ({}, []))
    check_counted(check, "other config and back: goes on", {f"{DATA}/other": (2200, 4)})
    check.equal("other config and back: one target's series",
                endpoint.scrape().files(target="more"), {})
    # What nobody has scraped yet is the former target's all the same.
    read("other", 500)
    found, warnings = resets_after(RENAMED_CONFIG, "counts start from 0")
    check.equal("renamed target: state resets", (found, warnings), ({}, []))
    page = endpoint.scrape()
    check.equal("renamed target begins", (page.files(target="renamed"), page.files(target="data")),
                ({}, {}))
    check.equal("renamed target's total", steady.totals(page, "renamed"), (0, 0))


def check_larger_config(check):
    """The kernel's tables cannot grow."""
    daemon.start(CONFIG)
    read("larger", 1000)
    check_counted(check, "larger config counted before", {f"{DATA}/larger": (1000, 2)})
    found, warnings = resets_after(LARGER_CONFIG, "counts start from 0")
    check.equal("larger config state resets", found, {"config": 1})
    check.equal("larger config warnings", len(warnings), 1)
    check.equal("larger config counts from 0", counted(), {})
    read("larger", 1200)
    check_counted(check, "larger config counts", {f"{DATA}/larger": (1200, 2)})
    found, warnings = resets_after(LARGER_CONFIG, "counts start from 0")
    check.equal("larger config, again: warnings", warnings, [])
    check_counted(check, "larger config, again: goes on", {f"{DATA}/larger": (1200, 2)})


def put_program(content):
    """As packages do it: the process that runs keeps its own."""
    copy = PROGRAM.with_suffix(".new")
    copy.write_bytes(content)
    shutil.copymode(PROGRAM, copy)
    os.replace(copy, PROGRAM)


def check_layouts(check, before):
    """An upgrade to another layout and back: from 0 both times, and it says so."""
    own = PROGRAM.read_bytes()
    daemon.start(CONFIG)
    read("layout", 1000)
    check_counted(check, "layout counted before", {f"{DATA}/layout": (1000, 2)})
    for name, content, size in (("upgrade", NEXT_PROGRAM.read_bytes(), 1100),
                                ("downgrade", own, 1200)):
        put_program(content)
        found, warnings = resets_after(CONFIG, "another layout")
        check.equal(f"{name} of the layout: state resets", found, {"layout": 1})
        check.equal(f"{name} of the layout: warnings", len(warnings), 1)
        check.equal(f"{name} of the layout: counts from 0", counted(), {})
        read("layout", size)
        check_counted(check, f"{name} of the layout: counts", {f"{DATA}/layout": (size, 2)})
        check.equal(f"{name} of the layout: state resets after a restart",
                    resets_after(CONFIG, "another layout"), ({}, []))
        check_counted(check, f"{name} of the layout: goes on", {f"{DATA}/layout": (size, 2)})
    daemon.stop()
    check.equal("layouts leave nothing in the kernel", kernel.left_since(before), [])


def check_not_kept(check, before):
    """persist: false, at first and after a config that kept."""
    for name, first in (("persist: false", {"persist": False}), ("persist: true then false", {})):
        daemon.start(CONFIG | first)
        read("not", 1000)
        check_counted(check, f"{name} counted before", {f"{DATA}/not": (1000, 2)})
        check.equal(f"{name} stores", daemon.shown("NFileDescriptorStore") == "0", bool(first))
        daemon.configure(CONFIG | {"persist": False})
        daemon.restart()
        check.equal(f"{name} counts from 0", counted(), {})
        stored = checks.until(lambda: daemon.shown("NFileDescriptorStore") == "0", 10)
        check.true(f"{name} stores nothing", stored, daemon.shown("NFileDescriptorStore"))
        daemon.stop()
        check.equal(f"{name} stop leaves nothing in the kernel", kernel.left_since(before), [])


def upgrade():
    """Another build's programs: the BPF object names its compiler, which nobody reads."""
    program = PROGRAM.read_bytes()
    other = program.replace(b"Debian clang version", b"Debian clang Version")
    put_program(other)
    return other != program


def check_upgrade(check):
    load = steady.Load(SEED, NEW_PAUSE_MS)
    daemon.start({"targets": load.targets()})
    cursor = daemon.journal_cursor()
    look = onlooker.Onlooker(SCRAPE_PAUSE_SECONDS)
    load.go()
    time.sleep(3 * REST_SECONDS)
    check.true("upgrade another program", upgrade())
    for _ in range(3):
        daemon.restart()
        time.sleep(3 * REST_SECONDS)
    check.equal("upgrade status of the readers", load.end(), 0)
    load.check(check, "upgrade")
    report = look.end_and_check(check, "upgrade")
    check.equal("upgrade series that left", (report["left"], report["gone"]), (0, []))
    check.equal("upgrade goes on", sum(text.startswith(lives.GOING_ON) for text in lives.told(cursor)), 3)


def body(check):
    DATA.mkdir(parents=True)
    daemon.stop()
    before = kernel.objects()
    daemon.drop_in(lives.RESTARTING)
    check_restarts(check)
    check_flat(check, "flat over restarts", daemon.restart)
    check_flat_over_kills(check)
    daemon.drop_in(daemon.PATIENCE)
    check_stop(check, before)
    check_bad_config(check, before)
    check_other_config(check)
    check_larger_config(check)
    check_layouts(check, before)
    check_upgrade(check)
    check_not_kept(check, before)


checks.run("restarts", body)
