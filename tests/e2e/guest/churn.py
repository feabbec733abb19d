# SPDX-License-Identifier: Apache-2.0
"""Files that are made, read once and removed, many times more of them than the ceilings allow at
once: the totals stay exact to the byte and the call, what has no series is in the overflow, nothing
grows in the daemon or in the kernel, and what is gone makes room for what comes."""
import json
import os
import pathlib
import subprocess
import sys
import time

from harness import checks, daemon, endpoint, watcher

LONG = "--long" in sys.argv
CHURN = "/opt/e2e/churn"
DATA = pathlib.Path("/srv/churn")
# Slowly enough that many times what the ceilings hold come and go; --long: as fast as can be.
FILES, FILES_A_SECOND = (1_000_000, 0) if LONG else (20_000, 600)
MAX_FILES, MAX_SERIES, SHARE = (4096, 3000, 512) if LONG else (1024, 800, 128)
AT_ONCE = 32
IDLE_SECONDS = 5
STAYING = 8
SCRAPES = 100
NICE = "10"
PAUSE_SECONDS = 0.4 if LONG else 0.05
CONFIG = {
    "limits": {"max_files": MAX_FILES, "max_series": MAX_SERIES,
               "idle_series_timeout": f"{IDLE_SECONDS}s"},
    "targets": [{"name": "churn", "paths": {"include": [f"{DATA}/**"]}},
                {"name": "share", "paths": {"include": [f"{DATA}/odd/**"]}, "max_files": SHARE}]}
POINTS = 10
STEADY_POINTS = 5
MAY_DIFFER = 0.05
# The C library gives a thread a heap of its own at some moment.
A_HEAP = {"rss": 3 << 20}
# Other tasks' last files, and what is read while one looks.
LEFT_OVER = 8
NEW_FILES = 60


def make_staying():
    (DATA / "stay").mkdir()
    paths = [DATA / f"stay/file{i}" for i in range(STAYING)]
    for path in paths:
        path.write_bytes(bytes(200))
    return [str(path) for path in paths]


def churn(staying):
    # Whoever scrapes goes first: none shall miss a series between its last read and its end.
    words = ["nice", "-n", NICE, CHURN, "-t", str(AT_ONCE), "-r", str(FILES_A_SECOND), str(FILES),
             str(DATA), *staying]
    return json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)


def totals(page, target):
    return (page.sum(endpoint.TARGET_BYTES, target=target),
            page.sum(endpoint.TARGET_CALLS, target=target))


def overflow(page, target):
    return (page.sum(endpoint.OVERFLOW_BYTES, target=target),
            page.sum(endpoint.OVERFLOW_CALLS, target=target))


def added(*amounts):
    return tuple(map(sum, zip(*amounts)))


def check_sums(check, made, report):
    """`report` is of a watcher that saw each series between its last read and its end."""
    wanted = {"churn": added(made["even"], made["odd"], *made["staying"].values()),
              "share": tuple(made["odd"])}
    page = endpoint.scrape()
    for target, known in wanted.items():
        check.equal(f"{target} total", totals(page, target), known)
        files = tuple(report["sums"][f"{what} {target}"] for what in ("bytes", "calls"))
        over = overflow(page, target)
        check.equal(f"{target} files, those that left too, + overflow == total", added(files, over),
                    known)
    for target, reason in (("churn", "map_full"), ("churn", "series_limit"), ("share", "map_full")):
        over = page.sum(endpoint.OVERFLOW_CALLS, target=target, reason=reason)
        check.true(f"{target} overflow for {reason}", over > 0, f"{over} calls")
    check.equal("unattributed, dropped, missed",
                {key: value for key, value in page.losses().items() if "overflow" not in key}, {})


def check_staying(check, made, report):
    for i, what in enumerate(("bytes", "calls")):
        check.same(f"{what} of the files that stay", report["staying"].get(f"{what} churn", {}),
                   {path: amount[i] for path, amount in made["staying"].items()})
    check.equal("series of the files that stay", report["staying_left"], [])
    gap = made["longest_gap_seconds"]
    check.true("files that stay were never idle", gap < IDLE_SECONDS, f"{gap} s without a read")


def check_scrapes(check, report):
    rows = report["rows"]
    check.equal("counters that fell in a scrape", report["falls"], [])
    check.true("scrapes", len(rows) >= SCRAPES, len(rows))
    gap = max(after.at - before.at for before, after in zip(rows, rows[1:]))
    checks.say(f"scrapes at most {gap:.2f} s apart, series there for at least {IDLE_SECONDS} s")
    most = max(row.counted for row in rows)
    check.true("series never above max_series", most <= MAX_SERIES, f"{most} of {MAX_SERIES}")
    check.equal("vfswatch_series == series on the page",
                [(row.series, row.counted) for row in rows if row.series != row.counted][:6], [])
    check.true("max_series was reached", most > 0.9 * MAX_SERIES, most)
    check.true("more files than max_files had a series", report["lives"]["churn"] > MAX_FILES,
               f"{report['lives']} series over time, {MAX_FILES} at once")


def check_flat(check, rows):
    """`rows` are of the time of the churn alone."""
    points = [rows[i * (len(rows) - 1) // (POINTS - 1)] for i in range(POINTS)]
    begin = points[0].at
    checks.say("    seconds  series  sum_places  RSS KiB  maps KiB  kernel KiB")
    for point in points:
        rss, maps, kernel = (count / 1024 for count in (point.rss, point.maps, point.kernel))
        checks.say(f"    {point.at - begin:7.1f}  {point.counted:6}  {point.sum_places:10.0f}  "
                   f"{rss:7.0f}  {maps:8.0f}  {kernel:10.0f}")
    for name in ("rss", "maps", "kernel"):
        values = [getattr(point, name) for point in points[-STEADY_POINTS:]]
        if name == "kernel" and not any(values):
            checks.say("SKIP kernel is flat: memory.stat does not tell")
            continue
        most = (1 + MAY_DIFFER) * min(values) + A_HEAP.get(name, 0)
        check.true(f"{name} is flat", 0 < max(values) <= most,
                   f"{min(values):.0f} to {max(values):.0f} B over the last {STEADY_POINTS} points")
    full = max(row.sum_places for row in rows)
    check.true("sums in the kernel reach max_files, and never more", full == MAX_FILES,
               f"{full:.0f} of {MAX_FILES}")
    return full


def sum_places():
    return endpoint.scrape().samples("vfswatch_map_entries", map="sum_places")[0][1]


def check_room_again(check, full):
    checks.until(lambda: sum_places() <= LEFT_OVER, 30)
    left = sum_places()
    check.true("sums in the kernel were reclaimed", left <= LEFT_OVER < full,
               f"{full:.0f} at most, {left} afterwards")
    before = endpoint.scrape()
    made = {}
    for i in range(NEW_FILES):
        path = DATA / ("odd" if i % 2 else "even") / f"new{i}"
        path.write_bytes(bytes(100 + i))
        for _ in range(3):
            file = os.open(path, os.O_RDONLY)
            os.read(file, 1000)
            os.close(file)
        made[str(path)] = (3 * (100 + i), 3)
    wanted = {"churn": made, "share": {path: made[path] for path in made if "/odd/" in path}}
    pages = []

    def files_of_churn():
        pages.append(endpoint.scrape())
        return pages[-1].files(target="churn")

    endpoint.until_equal(files_of_churn, made, IDLE_SECONDS)
    page = pages[-1]
    for target, files in wanted.items():
        check.same(f"{target} new files have series", page.files(target=target), files)
        check.equal(f"{target} total grows by them", totals(page, target),
                    added(totals(before, target), *files.values()))
        check.equal(f"{target} overflow stays", overflow(page, target), overflow(before, target))


def body(check):
    DATA.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "churn", str(DATA)], check=True)
    staying = make_staying()
    daemon.start(CONFIG)
    watch = watcher.Watcher(PAUSE_SECONDS, "/stay/")
    begin = time.monotonic()
    made = churn(staying)
    end = time.monotonic()
    checks.say(f"{FILES} files in {made['seconds']} s")
    known = added(made["even"], made["odd"], *made["staying"].values())
    endpoint.until_equal(lambda: totals(endpoint.scrape("churn"), "churn"), known, 10)
    report = watch.end()
    check_sums(check, made, report)
    check_staying(check, made, report)
    check_scrapes(check, report)
    full = check_flat(check, [row for row in report["rows"] if begin <= row.at <= end])
    check_room_again(check, full)
    daemon.stop()


checks.run("churn", body)
