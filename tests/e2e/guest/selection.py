# SPDX-License-Identifier: Apache-2.0
"""Whom a target selects, by each selector alone and with paths: processes that live for some five
milliseconds, those that change what they are while they read, and those that others move. Each
read is counted for the right target and for no other, to the byte and to the call, from the moment
that the selector holds. On a hybrid hierarchy: what cgroups and units decide."""
import collections
import itertools
import mmap
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys

from harness import checks, daemon, endpoint, paths, programs, system

SELECTED = "/opt/e2e/selected"
DATA = pathlib.Path("/srv/s")
UNITS = pathlib.Path("/run/systemd/system")
UNIFIED = pathlib.Path("/sys/fs/cgroup/unified")
HYBRID = UNIFIED.is_dir()
CGROUPS = UNIFIED if HYBRID else pathlib.Path("/sys/fs/cgroup")
LONG = "--long" in sys.argv
PROCESSES = 500 if LONG else 120
USER, OTHER_USER, LATER_USER, MAPPED_USER = 61001, 61002, 61003, 61004
STREAMS = 6
NONE = (0, 0)


def make(path, size=4096):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return str(path)


def program(path):
    """A copy of the program, which is its comm and exe."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(SELECTED, path)
    return str(path)


def make_cgroup(name):
    folder = CGROUPS / name
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def files_of(target, page=None):
    return (page or endpoint.scrape()).files(target=target)


def below(folder, rows):
    return {path: row for path, row in rows.items() if path.startswith(f"{folder}/")}


def total(rows):
    return tuple(sum(row[i] for row in rows) for i in (0, 1))


def target_total(page, target):
    return (page.sum(endpoint.TARGET_BYTES, target=target),
            page.sum(endpoint.TARGET_CALLS, target=target))


def rows_by(target, *labels):
    """{label values: (bytes, calls)}; a label without a value is an empty one."""
    page = endpoint.scrape()
    rows = {}
    for i, family in enumerate((endpoint.FILE_BYTES, endpoint.FILE_CALLS)):
        for found, value in page.samples(family, target=target):
            key = tuple(found.get(label, "") for label in labels)
            assert i or key not in rows, f"{key} twice"
            rows.setdefault(key, [0, 0])[i] = value
    return {key: tuple(row) for key, row in rows.items()}


def target(name, processes=None, include=None, **more):
    entry = {"name": name, **more}
    if processes is not None:
        entry["processes"] = processes
    if include is not None:
        entry["paths"] = {"include": [str(pattern) for pattern in include]}
    return entry


def steps(*words, run=SELECTED):
    subprocess.run([run, "steps", *words], check=True)


def read(path, reads, size=10):
    return f"read:{path}:{reads}:{size}"


# Storms: of its processes the ones made the first way match.

class Storm:
    """One selector's targets, alone and with paths, and its processes."""

    def __init__(self, name):
        self.name = name
        self.folder = DATA / name
        self.files = [make(self.folder / file) for file in ("in/a", "in/b", "out/c")]
        self.ways = ("plain", "plain")
        self.processes = {}

    def targets(self):
        return [target(self.name, self.processes),
                target(f"{self.name}.paths", self.processes, [self.folder / "in/**"])]

    def argv(self, count, *ways):
        return [SELECTED, "storm", str(count), *ways, *self.files]

    def run(self):
        """{path: (bytes, calls)} that the matching ones read."""
        return told_by(self._output_of(self.argv(PROCESSES, *self.ways)), ways="1")

    @staticmethod
    def _output_of(argv):
        return subprocess.run(argv, stdout=subprocess.PIPE, check=True, text=True).stdout

    def check(self, check):
        made = self.run()
        with_paths = below(self.folder / "in", made)
        endpoint.until_equal(lambda: (self.counted(), files_of(f"{self.name}.paths")),
                             (made, with_paths))
        check.same(f"{self.name} alone", self.counted(), made)
        check.same(f"{self.name} with paths", files_of(f"{self.name}.paths"), with_paths)
        check.true(f"{self.name} has read", len(made) == 3 and total(made.values())[0] > PROCESSES,
                   total(made.values()))
        self.check_totals(check, made)

    def check_totals(self, check, made):
        page = endpoint.scrape()
        check.equal(f"{self.name} targets' totals",
                    (target_total(page, self.name), target_total(page, f"{self.name}.paths")),
                    (total(made.values()), total(below(self.folder / "in", made).values())))

    def counted(self):
        """Whatever the target counted."""
        return files_of(self.name)


def told_by(text, ways="12"):
    sums = collections.defaultdict(lambda: [0, 0])
    for way, path, *amount in map(str.split, text.splitlines()):
        if way in ways:
            for i in (0, 1):
                sums[path][i] += int(amount[i])
    return {path: tuple(row) for path, row in sums.items()}


def comms_storm():
    """The other's comm only begins like the one that is wanted."""
    storm = Storm("comms")
    storm.ways = (f"exec:{program(storm.folder / 'bin/vw-comm')}",
                  f"exec:{program(storm.folder / 'bin/vw-comm2')}")
    storm.processes = {"comms": ["vw-comm"]}
    return storm


def exes_storm():
    """One comm, two files; a pattern and a plain path."""
    storm = Storm("exes")
    storm.ways = (f"exec:{program(storm.folder / 'yes/vw-exe')}",
                  f"exec:{program(storm.folder / 'no/vw-exe')}")
    storm.processes = {"exes": [f"{storm.folder}/y*/vw-exe", "/usr/bin/vw-no-such"]}
    return storm


def uids_storm():
    storm = Storm("uids")
    storm.ways = (f"uid:{USER}", f"uid:{OTHER_USER}")
    storm.processes = {"uids": ["vwselected"]}
    return storm


def cgroups_storm():
    """Below a cgroup that was there before, beside one whose name begins like it."""
    storm = Storm("cgroups")
    storm.ways = (f"cgroup:{make_cgroup('vw/below/it')}", f"cgroup:{make_cgroup('vwx')}")
    storm.processes = {"cgroups": ["/vw"]}
    return storm


class UnitsStorm(Storm):
    """Two units, of which one is wanted; systemd's own reads are made there as well."""

    def __init__(self):
        super().__init__("units")
        self.processes = {"units": ["vw-storm.service"]}

    def run(self):
        outputs = [self._output_of(["systemd-run", "--quiet", "--wait", "--pipe", "--collect",
                                    f"--unit={unit}", *self.argv(PROCESSES // 2, *self.ways)])
                   for unit in ("vw-storm", "vw-storm2")]
        return told_by(outputs[0])

    def counted(self):
        return below(self.folder, files_of(self.name))

    def check_totals(self, check, made):
        page = endpoint.scrape()
        check.equal(f"{self.name} totals", target_total(page, f"{self.name}.paths"),
                    total(below(self.folder / "in", made).values()))


class PidsStorm(Storm):
    """The children of one process, and those of another; both stand still before the start. A
    process has the sums of the children that it reaped."""

    def __init__(self):
        super().__init__("pids")
        argv = self.argv(PROCESSES // 2, *self.ways)
        self.runners = [programs.Stopped(argv, DATA / f"pids-{i}.out") for i in (0, 1)]
        self.processes = {"pids": [self.runners[0].pid], "follow_children": True}

    def targets(self):
        alone, with_paths = super().targets()
        return [alone | {"file_types": daemon.ALL_TYPES}, with_paths]

    def run(self):
        begins = [programs.io_of(runner.pid) for runner in self.runners]
        for runner in self.runners:
            runner.go()
        statuses = [runner.wait_for_end() for runner in self.runners]
        assert statuses == [0, 0], statuses
        ends = [programs.io_of(runner.pid) for runner in self.runners]
        for runner in self.runners:
            runner.reap()
        self.grown = tuple(end - begin for begin, end in zip(begins[0], ends[0]))
        return told_by(self.runners[0].out.read_text())

    def counted(self):
        return below(self.folder, files_of(self.name))

    def check_totals(self, check, made):
        """With all types of files: what the kernel says of that process and its children."""
        page = endpoint.scrape()
        check.equal("pids all files == growth of rchar and syscr",
                    total(files_of(self.name, page).values()), self.grown)
        check.equal("pids target's total", target_total(page, self.name), self.grown)


# Those that change what they are.

class Changes:
    """Programs of known comms, and what the kernel accounts for an exec of them."""

    def __init__(self):
        self.folder = DATA / "changes"
        self.inside, self.outside, self.exec_inside, self.exec_outside = (
            program(self.folder / name)
            for name in ("bin/vw-in", "bin/vw-out", "exec-bin/vw-in", "exec-bin/vw-out"))
        self.files = {name: make(self.folder / name) for name in (
            "exec", "thread-exec", "thread-fork", "uid", "name", "any", "orphan", "exec-out",
            "fork", "earlier")}
        self.exec_amount = self._measure_exec()
        # The tree of processes that is there before the daemon.
        self.earlier = programs.Stopped(
            [SELECTED, "steps", read(self.files["earlier"], 1), "fork", "stop",
             read(self.files["earlier"], 6)], self.folder / "earlier.out")
        self.earlier.go()
        self.earlier_child = self._stopped_child()
        self.orphans = programs.Stopped(
            [SELECTED, "steps", read(self.files["orphan"], 2), "fork", "fork", "orphan",
             read(self.files["orphan"], 7)], self.folder / "orphans.out")

    def _measure_exec(self):
        process = programs.Stopped([self.inside, "steps"], self.folder / "exec.out")
        begin = programs.io_of(process.pid)
        process.go()
        process.wait_for_end()
        end = programs.io_of(process.pid)
        process.reap()
        return (end.bytes - begin.bytes, end.calls - begin.calls)

    def _stopped_child(self):
        """Of the process that is there before the daemon."""
        children = pathlib.Path(f"/proc/{self.earlier.pid}/task/{self.earlier.pid}/children")

        def look():
            pids = children.read_text().split()
            state = pathlib.Path(f"/proc/{pids[0]}/stat").read_text() if pids else ""
            return int(pids[0]) if state.rpartition(") ")[2].startswith("T") else None

        return checks.until(look, 60)

    def targets(self):
        here = [self.folder / "**"]
        return [
            target("exec-comm", {"comms": ["vw-in"]}, [self.files["exec"], self.exec_outside]),
            target("exec-exe", {"exes": [self.exec_inside]},
                   [self.files["exec"], self.exec_outside]),
            target("thread-exec", {"comms": ["vw-in"]}, [self.files["thread-exec"]]),
            target("thread-fork", {"comms": ["vw-in"], "follow_children": True},
                   [self.files["thread-fork"]]),
            target("uid", {"uids": [LATER_USER]}, here),
            target("name", {"comms": ["vw-named"]}, here),
            target("thread-name", {"comms": ["vw-thread"]}, here),
            target("any", {"comms": ["vw-any"], "uids": [OTHER_USER],
                           "exes": [f"{self.folder}/no-such"]}, [self.files["any"]]),
            target("orphan", {"pids": [self.orphans.pid], "follow_children": True}, here),
            target("exec-out", {"comms": ["vw-in"], "follow_children": True},
                   [self.files["exec-out"]]),
            target("exec-out-alone", {"comms": ["vw-in"]}, [self.files["exec-out"]]),
            target("fork", {"comms": ["vw-parent"], "follow_children": True},
                   [self.files["fork"]]),
            target("earlier", {"pids": [self.earlier.pid], "follow_children": True}, here)]

    def check(self, check):
        check.true("exec reads its program", 0 < self.exec_amount[1] < 10, self.exec_amount)
        wanted = {}
        for part in (self.exec_in_and_out, self.by_threads, self.setuid, self.renames, self.any_of,
                     self.grandchild, self.exec_of_child, self.forks_without_reads,
                     self.earlier_children):
            wanted |= part()
        endpoint.until_equal(lambda: {name: files_of(name) for name in wanted}, wanted)
        for name, rows in wanted.items():
            check.same(f"changes {name}", files_of(name), rows)

    def exec_in_and_out(self):
        """What exec itself reads is made by what the process was before."""
        file = self.files["exec"]
        steps(read(file, 2), f"exec:{self.exec_inside}", read(file, 3),
              f"exec:{self.exec_outside}", read(file, 5), run=self.exec_outside)
        rows = {file: (30, 3), self.exec_outside: self.exec_amount}
        return {"exec-comm": rows, "exec-exe": rows}

    def by_threads(self):
        """Another thread than the leader execs, and forks a child, which then execs."""
        file, forked = self.files["thread-exec"], self.files["thread-fork"]
        steps(read(file, 1), f"thread-exec:{self.inside}", read(file, 2),
              f"thread-exec:{self.outside}", read(file, 4), run=self.outside)
        steps(read(forked, 1), "thread-fork", read(forked, 2), f"exec:{self.outside}",
              read(forked, 4), run=self.inside)
        return {"thread-exec": {file: (20, 2)}, "thread-fork": {forked: (70, 7)}}

    def setuid(self):
        steps(read(self.files["uid"], 2), f"uid:{LATER_USER}", read(self.files["uid"], 3))
        return {"uid": {self.files["uid"]: (30, 3)}}

    def renames(self):
        """By the leader; what other threads call themselves is nobody's matter."""
        file = self.files["name"]
        steps(read(file, 2), "name:vw-named", read(file, 3), "thread-name:vw-thread",
              read(file, 4), f"thread:vw-thread:{file}:8:10", "name:vw-other", read(file, 5),
              f"thread:vw-named:{file}:9:10", run=self.outside)
        return {"name": {file: (150, 15)}, "thread-name": {}}

    def any_of(self):
        """One selector that matches is enough, and none comes back."""
        file = self.files["any"]
        steps(read(file, 1), "name:vw-any", read(file, 2), "name:vw-gone", read(file, 4),
              f"uid:{OTHER_USER}", read(file, 8))
        return {"any": {file: (100, 10)}}

    def grandchild(self):
        """Its parent has ended before it reads."""
        file = self.files["orphan"]
        steps(read(file, 3))
        self.orphans.go()
        self.orphans.wait_for_end()
        self.orphans.reap()
        return {"orphan": {file: (90, 9)}}

    def exec_of_child(self):
        """It is of its parent's family whatever it becomes; a process that was no child of a
        matching one is not."""
        file = self.files["exec-out"]
        steps(read(file, 1), "fork", read(file, 2), f"exec:{self.outside}", read(file, 4),
              run=self.inside)
        steps("fork", read(file, 16), run=self.outside)
        return {"exec-out": {file: (70, 7)}, "exec-out-alone": {file: (30, 3)}}

    def forks_without_reads(self):
        """A parent is what it is when it forks, whether it reads then or not."""
        file = self.files["fork"]
        steps("name:vw-parent", "fork", "name:vw-child", read(file, 3))
        steps("name:vw-parent", read(file, 1), "name:vw-none", "fork", read(file, 8))
        return {"fork": {file: (40, 4)}}

    def earlier_children(self):
        file = self.files["earlier"]
        os.kill(self.earlier_child, signal.SIGCONT)
        self.earlier.wait_for_end()
        self.earlier.reap()
        return {"earlier": {file: (60, 6)}}


# Those that others move.

class Moves:
    """A process reads without end while another one moves it to another cgroup and, later, back."""

    LAYOUT = struct.Struct("4Q")
    READING, MOVING, MOVED, END = range(4)

    def __init__(self):
        self.folder = DATA / "moves"
        self.sides = [make_cgroup("vw-from"), make_cgroup("vw-to")]

    def targets(self):
        here = [self.folder / "*.read", self.folder / "*.stopped"]
        return [target("from", {"cgroups": ["/vw-from"]}, here),
                target("to", {"cgroups": ["/vw-to"]}, here),
                target("moved-all", None, here)]

    def check(self, check):
        self.check_standing_still(check)
        streams = [self.move_one(check, number) for number in range(STREAMS)]
        made = {path: (reads, reads) for path, reads, *_ in streams}
        endpoint.until_equal(lambda: self.streamed(endpoint.scrape(), "moved-all"), made)
        page = endpoint.scrape()
        every, before, after = (self.streamed(page, name) for name in ("moved-all", "from", "to"))
        check.same("moves all reads", every, made)
        check.same("moves before + after == made",
                   {path: total([before.get(path, NONE), after.get(path, NONE)]) for path in made},
                   every)
        for path, reads, least, most in streams:
            count = before.get(path, NONE)[1]
            # The last read before it saw a sign may have begun after the sign was given.
            check.true(f"moves {pathlib.Path(path).name} at the move",
                       least - 1 <= count <= most < reads,
                       f"{least} - 1 <= {count} before the move <= {most} of {reads}")

    @staticmethod
    def streamed(page, name):
        return {path: row for path, row in files_of(name, page).items() if path.endswith(".read")}

    def check_standing_still(self, check):
        """Moved between two of its reads."""
        file = make(self.folder / "still.stopped")
        process = programs.Stopped([SELECTED, "steps", read(file, 5), "stop", read(file, 7)],
                                   self.folder / "still.out")
        self._put(process.pid, self.sides[0])
        process.go()
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        self._put(process.pid, self.sides[1])
        process.go()
        check.equal("moves one that stands still ends", process.wait_for_end(), 0)
        process.reap()
        wanted = {"from": {file: (50, 5)}, "to": {file: (70, 7)}, "moved-all": {file: (120, 12)}}
        seen = endpoint.until_equal(lambda: {name: files_of(name) for name in wanted}, wanted)
        check.same("moves one that stands still", seen, wanted)

    def move_one(self, check, number):
        """(path, reads, of which when it saw that the move begins, and that it has returned)"""
        path, control = make(self.folder / f"{number}.read"), self.folder / f"{number}.control"
        control.write_bytes(bytes(self.LAYOUT.size))
        with open(control, "r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
            argv = [SELECTED, "stream", path, str(control), *(["thread"] if number % 2 else [])]
            process = programs.Stopped(argv, self.folder / "stream.out")
            self._put(process.pid, self.sides[0])
            process.go()
            self._wait(shared, 300)
            self._tell(shared, self.MOVING)
            self._put(process.pid, self.sides[1])
            self._tell(shared, self.MOVED)
            self._wait(shared, self._reads(shared) + 300)
            self._tell(shared, self.END)
            check.equal(f"moves {number} ends", process.wait_for_end(), 0)
            process.reap()
            _, reads, least, most = self.LAYOUT.unpack_from(shared)
        return path, reads, least, most

    @staticmethod
    def _put(pid, folder):
        pathlib.Path(folder, "cgroup.procs").write_text(str(pid))

    def _tell(self, shared, sign):
        shared[:8] = struct.pack("Q", sign)

    def _reads(self, shared):
        return self.LAYOUT.unpack_from(shared)[1]

    def _wait(self, shared, reads):
        if not checks.until(lambda: self._reads(shared) >= reads, 60, pause=0.005):
            raise TimeoutError(f"{self._reads(shared)} of {reads} reads")


# Units, and labels.

class Units:
    """A unit that starts again, and units of a template."""

    def __init__(self):
        self.folder = DATA / "units-again"
        self.file = make(self.folder / "file")
        for name, reads in (("vw-again", 3), ("vw-t@", 4), ("vw-u@", 5)):
            (UNITS / f"{name}.service").write_text(
                "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
                f"ExecStart={SELECTED} steps {read(self.file, reads)}\n")
        (UNITS / "vw-below.service").write_text(
            "[Service]\nType=oneshot\nDelegate=yes\nExecStart="
            f"{SELECTED} steps cgroup:{CGROUPS}/system.slice/vw-below.service/it "
            f"{read(self.file, 6)}\n")
        daemon.systemctl("daemon-reload")

    def targets(self):
        return [target("again", {"units": ["vw-again.service"]}, [self.file], labels=["unit"]),
                target("template", {"units": ["vw-t@*.service"]}, [self.file], labels=["unit"]),
                target("instance", {"units": ["vw-t@two.service"]}, [self.file]),
                target("unit-below", {"units": ["vw-below.service"]}, [self.file],
                       labels=["unit", "cgroup"])]

    def check(self, check):
        again = {(self.file, "vw-again.service"): (30, 3)}
        for times in (1, 2, 3):
            daemon.systemctl("restart", "vw-again.service")
            again = {key: (30 * times, 3 * times) for key in again}
            seen = endpoint.until_equal(lambda: rows_by("again", "path", "unit"), again)
            check.same(f"units started {times} times", seen, again)
        for unit in ("vw-t@one", "vw-u@one", "vw-t@two", "vw-u@two"):
            daemon.systemctl("start", f"{unit}.service")
        wanted = {(self.file, f"vw-t@{name}.service"): (40, 4) for name in ("one", "two")}
        seen = endpoint.until_equal(lambda: rows_by("template", "path", "unit"), wanted)
        check.same("units of a template", seen, wanted)
        check.same("units one instance", files_of("instance"), {self.file: (40, 4)})
        self.check_below(check)

    def check_below(self, check):
        """In a cgroup of the unit's own."""
        daemon.systemctl("start", "vw-below.service")
        wanted = {("vw-below.service", "/system.slice/vw-below.service/it"): (60, 6)}
        seen = endpoint.until_equal(lambda: rows_by("unit-below", "unit", "cgroup"), wanted)
        check.same("units a cgroup below", seen, wanted)


class Labels:
    """What the labels say, compared with /proc and stat; and sums where a label is left out."""

    READS = {"vw-l@a": 2, "vw-l@b": 3, "made": 5}

    def __init__(self):
        self.folder = DATA / "labels"
        self.memory = self.folder / "memory"
        self.memory.mkdir(parents=True)
        system.mount_tmpfs(self.memory)
        self.files = [make(self.folder / "file"), make(self.memory / "file")]
        self.cgroup = make_cgroup("vw-made")
        (UNITS / "vw-l@.service").write_text(
            "[Service]\nType=oneshot\n"
            f"ExecStart={SELECTED} steps tell:{self.folder}/%N.told $STEPS\n"
            f"EnvironmentFile={self.folder}/%N.steps\n")
        daemon.systemctl("daemon-reload")

    def targets(self):
        here = self.files
        return [
            target("l-all", None, here, labels=["pid", "unit", "cgroup", "device", "inode"]),
            target("l-cgroup", None, here, labels=["cgroup"]),
            target("l-file", None, here, labels=["device", "inode"]),
            target("l-pid-unit", None, here, labels=["pid", "unit"]),
            target("l-none", None, here),
            target("l-pidns", None, [self.folder / "pidns"], labels=["pid"]),
            target("l-userns", {"uids": [MAPPED_USER]}, [self.folder / "userns"],
                   labels=["uid"]),
            target("l-cgroupns", {"cgroups": ["/vw-made/it"]}, [self.folder / "cgroupns"],
                   labels=["cgroup"])]

    def check(self, check):
        wanted = {}
        for name, reads in self.READS.items():
            wanted |= self.read_as(name, reads)
        labels = ("path", "pid", "unit", "cgroup", "device", "inode")
        seen = endpoint.until_equal(lambda: rows_by("l-all", *labels), wanted)
        check.same("labels all", seen, wanted)
        for name, kept in (("l-cgroup", (0, 3)), ("l-file", (0, 4, 5)), ("l-pid-unit", (0, 1, 2)),
                           ("l-none", (0,))):
            check.same(f"labels {name} is the sum",
                       rows_by(name, *(labels[i] for i in kept)), merged(wanted, kept))
        self.check_pid_namespace(check)
        self.check_user_namespace(check)
        self.check_cgroup_namespace(check)

    def read_as(self, name, reads):
        """{labels: (bytes, calls)} of a process in a unit, or in a cgroup that is of none."""
        words = [read(file, reads) for file in self.files]
        told = self.folder / f"{name}.told"
        if name == "made":
            steps(f"cgroup:{self.cgroup}", f"tell:{told}", *words)
            unit = ""
        else:
            (self.folder / f"{name}.steps").write_text(f"STEPS='{' '.join(words)}'\n")
            daemon.systemctl("start", f"{name}.service")
            unit = f"{name}.service"
        pid, *lines = told.read_text().splitlines()
        cgroup = next(line for line in lines if line.startswith("0::"))[len("0::"):]
        return {(file, pid, unit, paths.shown(cgroup), *identity(file)): (10 * reads, reads)
                for file in self.files}

    def check_pid_namespace(self, check):
        """The pid is the host's."""
        file = make(self.folder / "pidns")
        book = paths.Book()

        def inner(child):
            assert os.getpid() == 1, os.getpid()
            child.read_path(file)

        def body(child):
            system.unshare(system.CLONE_NEWPID)
            child.fork(inner)

        child = paths.Child(book, body)
        child.finish()
        (label, row), = book.rows.items()
        wanted = {(label, str(child.readers[0])): tuple(row)}
        seen = endpoint.until_equal(lambda: rows_by("l-pidns", "path", "pid"), wanted)
        check.same("labels pid of another namespace", seen, wanted)

    def check_user_namespace(self, check):
        """root there, and somebody else here."""
        file = make(self.folder / "userns")

        def body(child):
            system.unshare(system.CLONE_NEWUSER)
            child.wait("to be mapped")
            os.setuid(0)
            child.read_path(file)

        child = paths.Child(paths.Book(), body)
        child.until("to be mapped")
        pathlib.Path(f"/proc/{child.pid}/uid_map").write_text(f"0 {MAPPED_USER} 1\n")
        child.go()
        child.finish()
        wanted = {(label, str(MAPPED_USER)): tuple(row) for label, row in child.book.rows.items()}
        seen = endpoint.until_equal(lambda: rows_by("l-userns", "path", "uid"), wanted)
        check.same("labels uid of another namespace", seen, wanted)

    def check_cgroup_namespace(self, check):
        """Its cgroup is / there."""
        file, folder = make(self.folder / "cgroupns"), pathlib.Path(make_cgroup("vw-made/it"))

        def body(child):
            (folder / "cgroup.procs").write_text("0")
            system.unshare(system.CLONE_NEWCGROUP)
            child.read_path(file)

        child = paths.Child(paths.Book(), body)
        child.finish()
        wanted = {(label, "/vw-made/it"): tuple(row) for label, row in child.book.rows.items()}
        seen = endpoint.until_equal(lambda: rows_by("l-cgroupns", "path", "cgroup"), wanted)
        check.same("labels cgroup of another namespace", seen, wanted)


def identity(file):
    """As the labels device and inode show it."""
    status = os.stat(file)
    return f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}", str(status.st_ino)


def merged(rows, kept):
    sums = {}
    for key, row in rows.items():
        short = tuple(key[i] for i in kept)
        sums[short] = total([sums.get(short, NONE), row])
    return sums


def all_parts():
    """What this hierarchy is tested with, each with targets and a check."""
    if HYBRID:
        return [cgroups_storm(), UnitsStorm(), Moves(), Units(), Labels()]
    return [comms_storm(), exes_storm(), uids_storm(), cgroups_storm(), UnitsStorm(), PidsStorm(),
            Changes(), Moves(), Units(), Labels()]


def body(check):
    DATA.mkdir(parents=True)
    with open("/etc/passwd", "a", encoding="ascii") as file:
        file.write(f"vwselected:x:{USER}:{USER}::/:/bin/false\n")
    check.true("hierarchy", (CGROUPS / "cgroup.procs").exists(), CGROUPS)
    parts = all_parts()
    daemon.start({"targets": list(itertools.chain.from_iterable(
        part.targets() for part in parts))})
    checks.say("the daemon counts")
    for part in parts:
        part.check(check)
        checks.say(f"{getattr(part, 'name', type(part).__name__)} is done")
    check.equal("unattributed, overflow, dropped, missed", endpoint.scrape().losses(), {})


checks.run("selection", body)
