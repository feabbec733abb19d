# SPDX-License-Identifier: Apache-2.0
"""A table of what can happen to a file's name: whatever it is, each read is counted, to the byte
and to the call, under what `readlink /proc/PID/fd/N` showed while the file was open, and nowhere
else. The same for path_view: host, where the host's own name of the file is asked for."""
import itertools
import os
import subprocess

from harness import checks, daemon, endpoint, paths, system
from scenarios import files, host, mounts, nameless, names, renames
from scenarios.case import DISK, OUTSIDE, PATH_MAX, SEEN, WATCHED, Case, SkipCase, total

CUT = ".cut"
CUT_READS = (30, 6)
TRUNCATED = "vfswatch_paths_truncated_total"
UNRESOLVED = "vfswatch_paths_unresolved_total"
# A processor that is taken away in the middle of a move leaves the name half moved for as long.
MOST_NAMED = 0.99
TABLE = list(itertools.chain(files.TABLE, renames.TABLE, mounts.TABLE, names.TABLE))


def files_of(target):
    return endpoint.scrape().files(target=target)


def begin_nameless():
    """The process that the target `nameless` names; each of its cases has a book of its own."""
    books = {scenario.name: paths.Book() for scenario in nameless.TABLE}

    def body(child):
        for scenario in nameless.TABLE:
            child.wait(scenario.name)
            scenario.function(child)
        child.wait("end")

    child = paths.Child(None, body)
    child.until(nameless.TABLE[0].name)
    return child, books


def check_nameless(check, child, books):
    for scenario, following in zip(nameless.TABLE, [*nameless.TABLE[1:], None]):
        child.book = books[scenario.name]
        child.go()
        child.until(following.name if following else "end")
    child.go()
    child.finish()
    wanted = {name: {label: tuple(row) for label, row in book.rows.items()}
              for name, book in books.items()}
    every = {label: row for rows in wanted.values() for label, row in rows.items()}
    seen = endpoint.until_equal(lambda: files_of("nameless"), every)
    for name, rows in wanted.items():
        check.same(name, {label: seen[label] for label in rows if label in seen}, rows)
    check.equal("nothing else of that process", sorted(seen.keys() - every.keys()), [])


def run_cases(check, table):
    """The cases that this kernel can run."""
    return [case for case in (run_case(check, scenario) for scenario in table) if case]


def run_case(check, scenario):
    case = Case(scenario.name)
    try:
        case.begin()
        scenario.function(case)
    except SkipCase as why:
        checks.say(f"SKIP {scenario.name}: {why}")
        return None
    except (OSError, ChildProcessError, AssertionError, subprocess.CalledProcessError) as error:
        check.true(f"{scenario.name} can be run", False, repr(error))
    return case


def compare(check, case, seen):
    rows = {label: row for label, row in seen.items() if case.owns(label)}
    if case.labels:
        # check_table() looks at the sum, and at what a move hid.
        check.equal(f"{case.name}: other names", sorted(rows.keys() - set(case.labels)), [])
        counted = total(rows.values())[1]
        check.true(f"{case.name}: nearly all have one", counted > case.total()[1] * MOST_NAMED,
                   f"{counted} of {case.total()[1]}")
    else:
        check.same(case.name, rows, case.wanted())


def total_of(cases):
    return total([case.total() for case in cases])


def target_total(target):
    page = endpoint.scrape()
    return (page.sum(endpoint.TARGET_BYTES, target=target),
            page.sum(endpoint.TARGET_CALLS, target=target))


def reads_in_moves():
    page = endpoint.scrape()
    return tuple(page.sum(family, reason="path_unresolved")
                 for family in (endpoint.UNATTRIBUTED_BYTES, endpoint.UNATTRIBUTED_CALLS))


def check_table(check):
    cases = run_cases(check, TABLE)
    checks.say("all cases have run")

    def look():
        return total([target_total("table"), reads_in_moves()])

    endpoint.until_equal(look, total_of(cases))
    seen = files_of("table")
    for case in cases:
        compare(check, case, seen)
    check.equal("no series of nobody's", {label: row for label, row in seen.items()
                                          if not any(case.owns(label) for case in cases)}, {})
    check.equal("target's total, and reads in the middle of a move", look(), total_of(cases))


def check_cut(check):
    """Longer than 4095 bytes, and more levels than anybody makes: no read is lost, and the page
    says that there is more."""
    for name, levels in (("cut-long", ["d" * 99] * 60), ("cut-deep", ["x"] * 1000)):
        check_cut_path(check, name, levels)


def check_cut_path(check, name, levels):
    case = Case(name)
    case.begin()
    before = endpoint.scrape().sum(TRUNCATED)
    whole = "/".join([str(case.folder), *levels, f"{name}{CUT}"])

    def body(child):
        names.go_down(case, *levels)
        fd = case.make_open(f"{name}{CUT}", ".")
        child.wait("opened")
        for _ in range(CUT_READS[1]):
            os.pread(fd, CUT_READS[0] // CUT_READS[1], 0)

    child = paths.Child(case, body)
    child.until("opened")
    child.go()
    child.finish()

    def look():
        return {label: row for label, row in files_of("cut").items() if name in label}

    checks.until(lambda: CUT_READS in look().values(), 30)
    rows = look()
    check.equal(f"{name} bytes and calls of its one series", list(rows.values()), [CUT_READS])
    label = next(iter(rows), "")
    check.true(f"{name} is shown by a part of its path", label in whole and 0 < len(label),
               f"{len(label)} of {len(whole)} bytes")
    check.true(f"{name} is no longer than may be", len(label) < PATH_MAX, len(label))
    check.equal(f"{name} is told where it is cut", endpoint.scrape().sum(TRUNCATED) - before,
                int(label != whole))


def check_host(check):
    daemon.start({"path_view": "host", "targets": [
        {"name": "host", "paths": {"include": [f"{WATCHED}/**", f"*{SEEN}"]}}]})
    cases = run_cases(check, host.TABLE)
    endpoint.until_equal(lambda: target_total("host"), total_of(cases))
    resolved = endpoint.scrape().sum(UNRESOLVED)
    cases += run_cases(check, host.UNRESOLVED)
    endpoint.until_equal(lambda: target_total("host"), total_of(cases))
    seen = files_of("host")
    for case in cases:
        compare(check, case, seen)
    check.equal("host no series of nobody's", {label: row for label, row in seen.items()
                                               if not any(case.owns(label) for case in cases)}, {})
    check.equal("host target's total", target_total("host"), total_of(cases))
    check.equal("host unresolved before", resolved, 0)
    unresolved = endpoint.scrape().sum(UNRESOLVED)
    check.true("host unresolved is told", unresolved >= 1, unresolved)


def prepare():
    system.has_module("loop")
    system.mount_image("/srv/disk.img", 128 << 20, DISK, "mke2fs", "-q", "-F", "-t", "ext4")
    # What is mounted below is this namespace's matter, and may be moved.
    system.be_private(DISK)
    for folder in (WATCHED, OUTSIDE, files.EARLY.parent):
        folder.mkdir()
    files.EARLY.write_bytes(b"0123456789" * 100)


def body(check):
    prepare()
    child, books = begin_nameless()
    watched = [f"{WATCHED}/**", f"*{SEEN}"]
    daemon.start({"targets": [
        {"name": "table", "paths": {"include": watched}},
        {"name": "cut", "paths": {"include": [f"*{CUT}"]}},
        {"name": "nameless", "processes": {"pids": [child.pid]}, "file_types": daemon.ALL_TYPES,
         "paths": {"include": ["/proc/**", "/sys/**", "pipe:", "socket:", "memfd:*",
                               "anon_inode:*"]}}]})
    checks.say("the daemon counts")
    check_table(check)
    checks.say("check_table is done")
    in_moves = reads_in_moves()
    check_cut(check)
    check_nameless(check, child, books)
    check.equal("unresolved outside of moves", reads_in_moves(), in_moves)
    losses = endpoint.scrape().losses()
    check.equal("overflow, dropped, missed, otherwise unattributed",
                {text: value for text, value in losses.items() if "path_unresolved" not in text}, {})
    check_host(check)


checks.run("pathtable", body)
