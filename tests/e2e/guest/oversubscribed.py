# SPDX-License-Identifier: Apache-2.0
"""More readers than processors: every read is counted, and under its own file, on two processors
and on one, with a scraper beside them."""
import os
import pathlib
import subprocess

from harness import checks, daemon, endpoint, programs, rungs, scraper

READERS = 12
READS = 30_000
DATA = pathlib.Path("/srv/over")
SECOND_CPU = pathlib.Path("/sys/devices/system/cpu/cpu1/online")
# The accounting that must be in use: by kernel, and where `lsm=` leaves bpf out.
ACCOUNTING = {"5.10": "fentry", "6.1": "lsm", "6.12": "lsm", "7": "lsm"}
ACCOUNTING_WITHOUT_LSM = {"5.10": "fentry", "6.1": "fentry", "6.12": "fentry",
                          "7": "kprobe_multi"}


def set_processors(check, name, count):
    SECOND_CPU.write_text("1" if count == 2 else "0")
    check.equal(f"{name} processors", os.sysconf("SC_NPROCESSORS_ONLN"), count)


def accounting_of_this_boot():
    command_line = pathlib.Path("/proc/cmdline").read_text()
    by_kernel = ACCOUNTING_WITHOUT_LSM if " lsm=" in command_line else ACCOUNTING
    release = os.uname().release.split(".")
    return by_kernel.get(".".join(release[:2])) or by_kernel[release[0]]


def is_variant():
    """Booted with a command line of its own; then the two most telling cases are enough."""
    words = pathlib.Path("/proc/cmdline").read_text().split()
    return any(word.startswith(("lsm=", "preempt=")) for word in words)


def make_files(name, count):
    folder = DATA / name
    folder.mkdir(parents=True)
    paths = [folder / f"file{i}" for i in range(count)]
    for path in paths:
        path.write_bytes(b"0123456789abcdef")
    return [str(path) for path in paths]


def readers(paths, *options):
    return [programs.READERS, *options, "-t", str(READERS), "-n", str(READS), "-b", "1", *paths]


def read_by_path(check, name, files, *options):
    """Readers of a target that names paths: the counts are what their calls returned."""
    paths = make_files(name, READERS * files)
    out = subprocess.run(readers(paths, *options), stdout=subprocess.PIPE, check=True, text=True)
    own = {path: (int(count), int(calls)) for path, count, calls in
           map(str.split, out.stdout.splitlines())}

    def look():
        seen = endpoint.scrape().files(target=name)
        return {path: amount for path, amount in seen.items() if path in own}

    seen = endpoint.until_equal(look, own)
    page = endpoint.scrape()
    check.equal(f"{name} calls", page.sum(endpoint.FILE_CALLS, target=name), READERS * READS)
    check.equal(f"{name} total calls", page.sum(endpoint.TARGET_CALLS, target=name),
                READERS * READS)
    check.same(f"{name} each under its file", seen, own)
    check.equal(f"{name} lost", page.losses(), {})
    checks.say(f"{name}: done")


def read_by_pid(check, name):
    """The same by pid, with threads, beside the kernel's own sums."""
    paths = make_files(name, READERS * 2)
    process = programs.Stopped(readers(paths), DATA / "pid.out")
    start([{"name": name, "processes": {"pids": [process.pid]}, "file_types": daemon.ALL_TYPES}])
    scrapes = scraper.Scraper(0.1)
    before = programs.io_of(process.pid)
    process.go()
    check.equal(f"{name} status", process.wait_for_end(), 0)
    after = programs.io_of(process.pid)
    grown = programs.Io(after.bytes - before.bytes, after.calls - before.calls)
    seen = endpoint.until_equal(
        lambda: sums(endpoint.scrape().files(target=name)), tuple(grown))
    check.equal(f"{name} bytes and calls == growth of rchar and syscr", seen, tuple(grown))
    files = endpoint.scrape().files(target=name)
    own = process.counted_by_itself()
    check.same(f"{name} each under its file",
               {path: amount for path, amount in files.items() if path in own}, own)
    scrapes.end_and_check(check, name, 5)
    process.reap()
    checks.say(f"{name}: done")


def sums(files):
    return tuple(sum(amount[i] for amount in files.values()) for i in (0, 1))


def start(targets):
    daemon.start({"targets": targets})
    return rungs.in_use(endpoint.scrape())


def body(check):
    DATA.mkdir(parents=True)
    cases = [(2, "two-files", 2, ["-p"]), (2, "all-calls", 2, ["-p", "-c", "rpvwsc"]),
             (1, "own-file-alone", 1, ["-p"]), (1, "two-files-alone", 2, ["-p"]),
             (1, "all-calls-alone", 2, ["-p", "-c", "rpvwsc"])]
    if is_variant():
        cases = [case for case in cases if case[1].startswith("two-files")]
    used = start([{"name": name, "paths": {"include": [f"{DATA}/{name}/**"]}}
                  for _, name, _, _ in cases])
    check.equal("accounting in use", used.accounting, accounting_of_this_boot())
    checks.say(f"in use: {rungs.name(used)}")
    scrapes = scraper.Scraper(0.1)
    for processors, name, files, options in cases:
        set_processors(check, name, processors)
        read_by_path(check, name, files, *options)
    scrapes.end_and_check(check, "by path", 10)
    if not is_variant():
        read_by_pid(check, "by-pid-alone")


checks.run("oversubscribed", body)
