# SPDX-License-Identifier: Apache-2.0
"""Tasks that read and end at once leave nothing behind, neither a count nor a place in the table of
tasks; and tasks that find the table full are told, at nobody else's expense."""
import pathlib
import subprocess

from harness import checks, daemon, endpoint, programs, scraper

EXITS = "/opt/e2e/exits"
DATA = pathlib.Path("/srv/exits")
PROCESSES = 3000
STORM_FILES = 16
# Other programs of the guest begin and end as well.
RUNS_MAY_DIFFER = 24
MAX_TASKS = 16
CROWD = 100
CROWD_READS = 200
FULL = "the table of tasks is full"


def make_files(folder, count):
    # In memory: a read of a file system on a disk that a signal interrupts is a call without bytes,
    # and what the program knows of its ended threads is no more than a sum.
    (DATA / folder).mkdir()
    paths = [DATA / folder / f"file{i:03}" for i in range(count)]
    for path in paths:
        path.write_bytes(b"0123456789")
    return [str(path) for path in paths]


def told_by(text):
    """{path: (bytes, calls)}"""
    rows = (line.rsplit(" ", 2) for line in text.splitlines() if line != "done")
    return {path: (int(count), int(calls)) for path, count, calls in rows}


def sums(files):
    return tuple(sum(amount[i] for amount in files.values()) for i in (0, 1))


def runs():
    return endpoint.scrape().sum("vfswatch_map_entries", map="runs")


def totals(page, target):
    return (page.sum(endpoint.TARGET_BYTES, target=target),
            page.sum(endpoint.TARGET_CALLS, target=target))


def check_storm(check):
    paths = make_files("storm", STORM_FILES)
    daemon.start({"targets": [{"name": "storm", "paths": {"include": [f"{DATA}/storm/**"]}}]})
    scrapes = scraper.Scraper(0.1)
    endpoint.scrape()
    before = runs()
    done = subprocess.run([EXITS, "storm", str(PROCESSES), *paths], stdout=subprocess.PIPE,
                          check=True, text=True)
    checks.say("the storm is over")
    made = told_by(done.stdout)
    seen = endpoint.until_equal(lambda: endpoint.scrape().files(target="storm"), made)
    scrapes.end_and_check(check, "storm", 10)
    page = endpoint.scrape()
    check.same("storm bytes and calls of each file", seen, made)
    check.equal("storm target's total", totals(page, "storm"), sums(made))
    check.equal("storm unattributed, overflow, dropped, missed", page.losses(), {})
    checks.until(lambda: runs() <= before + RUNS_MAY_DIFFER, 30)
    after = runs()
    check.true("storm leaves no runs", abs(after - before) <= RUNS_MAY_DIFFER,
               f"{before} entries before {3 * PROCESSES} tasks, {after} after")


def unattributed():
    page = endpoint.scrape()
    return (page.sum(endpoint.UNATTRIBUTED_CALLS, reason="task_table_full"),
            page.sum(endpoint.UNATTRIBUTED_BYTES, reason="task_table_full"))


def check_crowd(check):
    """More tasks than the table holds, all alive; then few again."""
    paths = make_files("crowd", CROWD)
    out, later_out = DATA / "crowd.out", DATA / "later.out"
    crowd = programs.Stopped([EXITS, "crowd", str(CROWD_READS), *paths], out)
    later = programs.Stopped([EXITS, "crowd", str(CROWD_READS), *paths[:8]], later_out)
    cursor = daemon.journal_cursor()
    daemon.start({"limits": {"max_tasks": MAX_TASKS},
                  "targets": [{"name": "crowd", "processes": {"pids": [crowd.pid, later.pid]},
                               "paths": {"include": [f"{DATA}/crowd/**"]}}]})
    crowd.go()
    checks.until(lambda: "done" in out.read_text(), 120)
    made = told_by(out.read_text())
    check_full(check, made)
    crowd.end()
    checks.until(lambda: runs() <= 1, 30)
    check_room_again(check, later, later_out)
    checks.until(lambda: told_full(cursor), 20)
    check.equal("crowd the journal explains it once", len(told_full(cursor)), 1)


def told_full(cursor):
    return [entry["MESSAGE"] for entry in daemon.journal_entries(cursor) if FULL in entry["MESSAGE"]]


def check_full(check, made):
    bytes_made, calls_made = sums(made)
    check.equal("crowd reads made", (len(made), calls_made), (CROWD, CROWD * CROWD_READS))
    endpoint.until_equal(
        lambda: sums(endpoint.scrape().files(target="crowd"))[1] + unattributed()[0] >= calls_made,
        True, 20)
    page = endpoint.scrape()
    files = page.files(target="crowd")
    calls, count = unattributed()
    check.same("crowd files of tasks that had a run", files, {path: made[path] for path in files})
    # The main thread reads none of the files, but its program: it may have a run.
    check.true("crowd tasks that had a run", MAX_TASKS - 2 <= len(files) <= MAX_TASKS, len(files))
    check.equal("crowd runs", runs(), MAX_TASKS)
    check.true("crowd unattributed covers what is missing",
               calls >= calls_made - sums(files)[1] > 0,
               f"{calls} unattributed + {sums(files)[1]} of files >= {calls_made} made")
    check.equal("crowd unattributed bytes cannot be told", count, 0)
    check.equal("crowd target's total", totals(page, "crowd"), sums(files))
    check.true("crowd counted <= made",
               sums(files)[0] <= bytes_made and sums(files)[1] <= calls_made)
    check.equal("crowd nothing else lost", [key for key in page.losses()
                                            if "task_table_full" not in key], [])


def check_room_again(check, later, out):
    before, lost = endpoint.scrape().files(target="crowd"), unattributed()
    later.go()
    checks.until(lambda: "done" in out.read_text(), 120)
    made = told_by(out.read_text())
    wanted = {path: tuple(map(sum, zip(before.get(path, (0, 0)), made.get(path, (0, 0)))))
              for path in before.keys() | made.keys()}
    seen = endpoint.until_equal(lambda: endpoint.scrape().files(target="crowd"), wanted)
    check.same("crowd later tasks find room", seen, wanted)
    check.equal("crowd unattributed stays", unattributed(), lost)
    later.end()


def body(check):
    DATA.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "exits", str(DATA)], check=True)
    check_storm(check)
    checks.say("storm is done")
    check_crowd(check)


checks.run("exits", body)
