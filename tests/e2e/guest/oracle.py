# SPDX-License-Identifier: Apache-2.0
"""Programs that others wrote, watched by pid with all file types: the daemon's numbers are those of
/proc/PID/io, of strace, and of the programs themselves, to the byte."""
import collections
import json
import os
import pathlib
import random
import sqlite3
import sys

from harness import checks, daemon, endpoint, programs

# Two programs run at once, so that both processors have work; never two of a kind.
AT_ONCE = 2
DATA = pathlib.Path("/srv/oracle")
TREE_FILES = 2000
DATABASE_BYTES = 50 << 20
FIO_JOBS, FIO_JOB_BYTES = 4, 4 << 20
# strace stops a program at each call, which takes a hundred times as long as the call. So where it
# watches, fio reads a quarter of its files, and tar and grep a quarter of the tree; --long: all.
TRACED_SHARE = 4
LONG = "--long" in sys.argv
RUNS = 3 if LONG else 1
THREADS = 8

# argv: what it runs; ok: its good exit statuses; own: its own totals {path: (bytes, calls or
# None)}, from the finished program; size: bytes of each file that fio reads.
Program = collections.namedtuple("Program", "name argv ok own size", defaults=((0,), None, None))


def make_tree():
    numbers = random.Random(1)
    for i in range(TREE_FILES):
        folder = DATA / "tree" / f"d{i % TRACED_SHARE}" / f"e{i % 40:02}"
        folder.mkdir(parents=True, exist_ok=True)
        text = b"lorem ipsum dolor\n" * numbers.randrange(400)
        (folder / f"file{i}").write_bytes(text + (b"a needle\n" if i % 500 == 0 else b""))


def make_database():
    base = sqlite3.connect(DATA / "base.db")
    base.execute("PRAGMA page_size = 16384")
    base.execute("PRAGMA journal_mode = OFF")
    base.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)")
    row = 4000
    base.executemany("INSERT INTO t (b) VALUES (?)",
                     ((os.urandom(8) * (row // 8),) for _ in range(DATABASE_BYTES // row)))
    base.commit()
    base.close()


def make_data():
    DATA.mkdir(parents=True)
    make_tree()
    make_database()
    for i in range(FIO_JOBS):
        (DATA / f"job.{i}.0").write_bytes(os.urandom(1 << 16) * (FIO_JOB_BYTES >> 16))
    for i in range(THREADS * 2):
        (DATA / f"thread{i}").write_bytes(os.urandom(50_000 + 1000 * i))


def fio(report, size):
    def own(_program):
        jobs = json.loads(report.read_text())["jobs"]
        return {"files of fio's jobs": (sum(job["read"]["io_bytes"] for job in jobs),
                                        sum(job["read"]["total_ios"] for job in jobs))}

    argv = ["fio", "--name=job", "--ioengine=psync", "--thread", f"--numjobs={FIO_JOBS}",
            "--rw=read", "--bssplit=512/30:4k/40:60k/20:128k/10", f"--size={size}",
            f"--directory={DATA}", "--filename_format=job.$jobnum.$filenum", "--invalidate=0",
            "--output-format=json", f"--output={report}"]
    return Program("fio", argv, own=own, size=size)


def all_programs(label, traced):
    shared = traced and not LONG
    tree = DATA / ("tree/d0" if shared else "tree")
    query = "SELECT count(*), sum(id), max(substr(b, 1, 8)) IS NOT NULL FROM t"
    readers = [programs.READERS, "-t", str(THREADS), "-n", "600", "-b", "3000", "-c", "rpvwsc",
               *(f"{DATA}/thread{i}" for i in range(THREADS * 2))]
    return [fio(DATA / f"fio-{label}.json", FIO_JOB_BYTES // (TRACED_SHARE if shared else 1)),
            Program("sqlite3", ["sqlite3", "-batch", "-init", "/dev/null", f"{DATA}/base.db", query]),
            Program("tar", ["tar", "cf", f"{DATA}/tree.tar", "-C", str(tree), "."]),
            Program("grep", ["grep", "-r", "needle", str(tree)]),
            Program("readers", readers, own=programs.Stopped.counted_by_itself)]


class Run:
    """One stopped program, named by its target."""

    def __init__(self, program, number, traced, processor):
        self.program = program
        self.number = number
        self.traced = traced
        self.target = f"{program.name}-{number}"
        self.process = programs.Stopped(
            program.argv, DATA / f"{self.target}.out",
            DATA / f"{self.target}.traces" if traced else None, processor)

    def begin(self):
        self.before = programs.io_of(self.process.pid)
        self.process.go()

    def end(self, check):
        """Waits for its end, and compares before it is reaped."""
        status = self.process.wait_for_end()
        after = programs.io_of(self.process.pid)
        self.grown = programs.Io(after.bytes - self.before.bytes, after.calls - self.before.calls)
        check.true(self.name("status"), status in self.program.ok, f"exit status {status}")
        files = self.look_until_all()
        self.compare_sums(check, files)
        if self.traced:
            self.compare_with_strace(check, files)
        if self.program.own is not None:
            self.compare_with_own(check, files)
        self.process.reap()

    def name(self, what):
        how = "strace" if self.traced else "pid"
        return f"{self.program.name}.{how} run {self.number} {what}"

    def look_until_all(self):
        """{path: (bytes, calls)} once they add up, or after the time that they were given."""
        def total():
            self.page = endpoint.scrape(self.target)
            return programs.Io(*sums_of(self.page.files(target=self.target)))

        endpoint.until_equal(total, self.grown)
        return self.page.files(target=self.target)

    def compare_sums(self, check, files):
        count, calls = sums_of(files)
        check.equal(self.name("bytes of all files == growth of rchar"), count, self.grown.bytes)
        check.equal(self.name("calls of all files == growth of syscr"), calls, self.grown.calls)
        total = (self.page.sum(endpoint.TARGET_BYTES, target=self.target),
                 self.page.sum(endpoint.TARGET_CALLS, target=self.target))
        check.equal(self.name("target's total"), total, tuple(self.grown))

    def compare_with_strace(self, check, files):
        """strace does not see what exec itself reads of the program and of its loader."""
        seen = self.process.traced_reads()
        execs = {path: amount for path, amount in files.items() if is_program(path)}
        check.same(self.name("each file but the program's own == strace's"),
                   {path: amount for path, amount in files.items() if path not in execs},
                   {path: amount for path, amount in seen.items() if path not in execs})
        traced = sums_of(seen)
        by_exec = [sums_of(execs)[i] - sums_of({path: seen.get(path, (0, 0)) for path in execs})[i]
                   for i in (0, 1)]
        check.equal(self.name("exec's own reads"), tuple(by_exec),
                    (self.grown.bytes - traced[0], self.grown.calls - traced[1]))
        check.true(self.name("files seen"), len(seen) > 1, f"{len(seen)} files, {traced[0]} bytes")

    def compare_with_own(self, check, files):
        own = self.program.own(self.process)
        if self.program.name == "fio":
            read = {path: amount for path, amount in files.items()
                    if path.startswith(f"{DATA}/job.") and path.endswith(".0")}
            check.equal(self.name("fio's own totals"), sums_of(read), *own.values())
            check.equal(self.name("known bytes of each job"), sorted(read.values())[0][0],
                        self.program.size)
        else:
            check.same(self.name("each file == its own totals"),
                       {path: amount for path, amount in files.items() if path in own}, own)


def is_program(path):
    return path == programs.READERS or path.startswith(("/usr/bin/", "/bin/")) or "/ld-" in path


def sums_of(files):
    return tuple(sum(amount[i] for amount in files.values()) for i in (0, 1))


def measure_all(check, traced):
    label = "strace" if traced else "pid"
    wanted = [(program, number) for number in range(1, RUNS + 1)
              for program in all_programs(f"{label}-{number}", traced)]
    runs = [Run(program, number, traced, i % AT_ONCE) for i, (program, number) in
            enumerate(wanted)]
    checks.say(f"{len(runs)} programs stand still ({label})")
    daemon.start({"limits": {"max_series": 100000},
                  "targets": [{"name": run.target, "processes": {"pids": [run.process.pid]},
                               "file_types": daemon.ALL_TYPES} for run in runs]})
    for first in range(0, len(runs), AT_ONCE):
        together = runs[first:first + AT_ONCE]
        for run in together:
            run.begin()
        for run in together:
            run.end(check)
            checks.say(f"{run.target} is done")
    page = endpoint.scrape()
    for run in runs:
        check.equal(run.name("afterwards"), sums_of(page.files(target=run.target)),
                    tuple(run.grown))
    check.equal(f"{label} lost", page.losses(), {})


def body(check):
    make_data()
    checks.say("data made")
    measure_all(check, traced=False)
    measure_all(check, traced=True)


checks.run("oracle", body)
