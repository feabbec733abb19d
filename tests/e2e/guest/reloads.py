# SPDX-License-Identifier: Apache-2.0
"""Configs that change while everything reads: what stays in them goes on to the byte, what goes
leaves, what comes counts from then on, and a wrong one changes nothing and is refused with its
faults, whoever asks."""
import collections
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time

from harness import checks, daemon, endpoint, kernel, lives, onlooker, steady

LONG = "--long" in sys.argv
RELOADS = 200 if LONG else 20
# So that there are about as many files in the end.
NEW_PAUSE_MS = 5000 if LONG else 500
SCRAPE_PAUSE_SECONDS = 1
RELOADED_SECONDS = 240
SEED = 1

DATA = pathlib.Path("/srv/reloads")
CONTROL = pathlib.Path("/run/vfswatchd/control")
NOBODY = 65534
READ_BYTES = 100
FED = b"12345"
# The config of each number has a target of its own, and `moved` reads one of two folders in turn.
MAY_LEAVE = re.compile(rb'target="only|^vfswatch_file_read_.*target="moved"')
SUCCESSFUL = "vfswatch_config_last_reload_successful"
SUCCESS_TIME = "vfswatch_config_last_reload_success_timestamp_seconds"
# An unknown key and a target that is there twice.
WRONG = """targets:
  - name: plain
    paths:
      inclode: [/srv/x]
  - name: plain
    paths: {include: [/srv/y]}
"""
FAULTS = [f"{daemon.CONFIG}:4:7: ", f"{daemon.CONFIG}:5:11: "]

Outcome = collections.namedtuple("Outcome", "status out error")


def side(number):
    return DATA / ("odd" if number % 2 else "even")


def fifos_of(number):
    return ["only.fifo", "odd.fifo"] if number % 2 else ["only.fifo"]


def config(load, number):
    targets = [*load.targets(), {"name": "moved", "paths": {"include": [f"{side(number)}/**"]}},
               {"name": "stay", "paths": {"include": [f"{DATA}/stay.fifo"]},
                "file_types": ["fifo"]}]
    if number % 2:
        targets.reverse()
    own = [f"{DATA}/{name}" for name in ("only", *fifos_of(number))]
    targets.insert(number % len(targets), {"name": f"only{number}", "paths": {"include": own},
                                           "file_types": ["regular", "fifo"]})
    return {"limits": {"idle_series_timeout": "1h"}, "targets": targets}


def by_vfswatchctl(*words):
    done = subprocess.run([*words, "vfswatchctl", "reload"], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


def by_systemctl():
    status, text = daemon.command("systemctl", "reload", daemon.UNIT)
    return Outcome(status, text, "")


def by_hangup():
    """Nobody answers: what became of it is on the endpoint."""
    before = told()
    os.kill(int(daemon.shown("MainPID")), signal.SIGHUP)
    changed = checks.until(lambda: told() != before, RELOADED_SECONDS)
    return Outcome(0 if changed and told()[0] == 1 else 1, "", "")


WAYS = (by_systemctl, by_hangup, by_vfswatchctl)


def told():
    """(was the last reload successful, when was the last successful one)"""
    page = endpoint.scrape()
    return tuple(page.samples(family)[0][1] for family in (SUCCESSFUL, SUCCESS_TIME))


def unit_state():
    names = ("ActiveState", "SubState", "MainPID", "NRestarts")
    return {name: daemon.shown(name) for name in names}


class Blocked:
    """A process whose read of a FIFO is under way until it is fed, and then the next one."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = str(path)
        self.fifo = os.open(path, os.O_RDWR)
        self.woken, woke = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                while True:
                    os.read(self.fifo, READ_BYTES)
                    os.write(woke, b"x")
            finally:
                os._exit(1)
        os.close(woke)
        self._wait_until_it_reads()

    def feed(self):
        """Ends its read; returns when the next one is under way."""
        os.write(self.fifo, FED)
        os.read(self.woken, 1)
        self._wait_until_it_reads()

    def _wait_until_it_reads(self):
        place = pathlib.Path(f"/proc/{self.pid}/wchan")
        if not checks.until(lambda: "pipe_read" in place.read_text(), 30, 0.01):
            raise TimeoutError(f"{self.path} is not read: {place.read_text()}")

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Files:
    """Plain files of 1000 bytes, each read by this process through a descriptor that stays open and
    through new ones."""

    def __init__(self):
        self.kept = {}
        for name in ("only/kept", "only/fresh", "even/file", "odd/file"):
            path = DATA / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(1000))
            self.kept[name] = os.open(path, os.O_RDONLY)

    def read(self, name, times):
        """Returns what it read."""
        for _ in range(times):
            os.pread(self.kept[name], READ_BYTES, 0)
        return (times * READ_BYTES, times)

    @staticmethod
    def read_anew(name, times):
        for _ in range(times):
            fd = os.open(DATA / name, os.O_RDONLY)
            os.read(fd, READ_BYTES)
            os.close(fd)
        return (times * READ_BYTES, times)


class Books:
    """What the reads beside the steady load must count, and what of it was seen."""

    def __init__(self, load):
        self.load = load
        self.files = Files()
        self.fifos = {name: Blocked(DATA / name)
                      for name in ("stay.fifo", "only.fifo", "odd.fifo")}
        self.number = 0
        self.moved, self.stay, self.only = (0, 0), (0, 0), {}
        self.looks = collections.Counter()
        self.wrong = collections.defaultdict(list)

    def expect(self, what, got, wanted):
        self.looks[what] += 1
        if got != wanted:
            self.wrong[what].append(f"config {self.number}: {got} != {wanted}")

    def check(self, check):
        for what, looks in self.looks.items():
            check.equal(f"{what}, {looks} times", self.wrong[what][:3], [])

    def begin(self):
        daemon.start(config(self.load, 0))
        self.pid = daemon.shown("MainPID")
        self.load.go()
        # What is under way from before the start belongs to nobody.
        self.read(first_of_fifos=False)
        self.look("counts before any reload")

    def read(self, first_of_fifos):
        """Some of everything; `first_of_fifos`: do the reads under way belong to this config?"""
        times = 2 + self.number % 3
        self._add("only/kept", self.files.read("only/kept", times))
        self._add("only/fresh", self.files.read_anew("only/fresh", times + 1))
        # Not the same of both, or the wrong one would not show.
        for name, kept in (("even/file", times), ("odd/file", times + 4)):
            amount = steady.added(self.files.read(name, kept), self.files.read_anew(name, 1))
            if (DATA / name).parent == side(self.number):
                self.moved = steady.added(self.moved, amount)
        for name, blocked in self.fifos.items():
            for belongs in (first_of_fifos, True):
                blocked.feed()
                if name == "stay.fifo":
                    # It is in every config but what was before the first.
                    belongs = belongs or self.number > 0
                    self.stay = steady.added(self.stay, (len(FED), 1) if belongs else (0, 0))
                elif belongs and name in fifos_of(self.number):
                    self._add(name, (len(FED), 1))

    def _add(self, name, amount):
        path = str(DATA / name)
        self.only[path] = steady.added(self.only.get(path, (0, 0)), amount)

    def seen(self):
        page = endpoint.scrape()
        own = f"only{self.number}"
        return {"files of its own target": page.files(target=own),
                "total of its own target": steady.totals(page, own),
                "total of the target whose paths change": steady.totals(page, "moved"),
                "total of the target of reads under way": steady.totals(page, "stay"),
                "targets with samples": targets_of(page)}

    def wanted(self):
        names = {target["name"] for target in config(self.load, self.number)["targets"]}
        return {"files of its own target": self.only,
                "total of its own target": steady.added(*self.only.values()),
                "total of the target whose paths change": self.moved,
                "total of the target of reads under way": self.stay,
                "targets with samples": names}

    def look(self, when):
        wanted = self.wanted()
        seen = endpoint.until_equal(self.seen, wanted)
        for what, value in wanted.items():
            self.expect(f"{when}: {what}", seen[what], value)
        state = {"ActiveState": "active", "SubState": "running", "MainPID": self.pid,
                 "NRestarts": "0"}
        # After SIGHUP systemd hears of the end a moment later than the endpoint shows it.
        checks.until(lambda: unit_state() == state, 10)
        self.expect(f"{when}: unit", unit_state(), state)

    def reload(self, way):
        before = told()
        self.number += 1
        self.only = {}
        daemon.configure(config(self.load, self.number))
        outcome = way()
        self.expect(f"{way.__name__}: status and errors", (outcome.status, outcome.error), (0, ""))
        after = told()
        self.expect("reload is successful", after[0], 1)
        self.expect("reload has a later time", after[1] > before[1], True)
        self.read(first_of_fifos=False)
        self.look("reload")

    def refuse(self, way):
        before = told()
        cursor = daemon.journal_cursor()
        daemon.configure(WRONG)
        outcome = way()
        self.expect(f"{way.__name__}: a wrong config fails", outcome.status != 0, True)
        said = journal(cursor)
        if way is by_vfswatchctl:
            self.expect("wrong config: status and stdout", (outcome.status, outcome.out), (78, ""))
            said = outcome.error
        self.expect(f"{way.__name__}: a wrong config's faults are told",
                    [fault for fault in FAULTS if fault not in said], [])
        self.expect("wrong config is not successful, at the time before", told(), (0, before[1]))
        self.read(first_of_fifos=True)
        self.look("wrong config")

    def end(self):
        for blocked in self.fifos.values():
            blocked.end()


def targets_of(page):
    """All that any family has a sample of."""
    return {target for targets in page.families.values() for target, rows in targets.items()
            if target is not None and rows}


def journal(cursor):
    daemon.command("journalctl", "--sync")
    return daemon.journal(cursor)


def check_reloads(check):
    books = Books(steady.Load(SEED, NEW_PAUSE_MS))
    books.begin()
    look = onlooker.Onlooker(SCRAPE_PAUSE_SECONDS, MAY_LEAVE)
    begin = time.monotonic()
    for step in range(RELOADS):
        # Three ways and two kinds: each way meets both.
        way = WAYS[step % len(WAYS)]
        if step % 2:
            books.refuse(way)
        else:
            books.reload(way)
    checks.say(f"{RELOADS} reloads in {time.monotonic() - begin:.0f} s")
    check.equal("steady status of the readers", books.load.end(), 0)
    books.load.check(check, "steady")
    report = look.end_and_check(check, "reloads")
    check.equal("reloads series that left though their targets stay",
                (report["left"], report["gone"]), (0, []))
    check.equal("reloads scrapes that nobody answered, processes",
                (report["unanswered"], report["lives"]), (0, 1))
    check.true("reloads scrapes meanwhile", report["scrapes"] >= RELOADS,
               f"{report['scrapes']}, {report['longest_gap_seconds']:.1f} s apart at most")
    books.check(check)
    check_restart(check, books)
    books.end()
    daemon.stop()


def check_restart(check, books):
    """What a reload changed is what the next process goes on with."""
    daemon.configure(config(books.load, books.number))
    cursor = daemon.journal_cursor()
    daemon.restart()
    check.true("restart after reloads goes on",
               any(text.startswith(lives.GOING_ON) for text in lives.told(cursor)))
    books.load.check(check, "restart after reloads")
    wanted = books.wanted()
    check.same("restart after reloads counts", endpoint.until_equal(books.seen, wanted), wanted)


def check_socket(check):
    """Who may ask, and what those hear who may not, and where nobody is."""
    daemon.start({"targets": [{"name": "one", "paths": {"include": ["/srv/one"]}}]})
    status = CONTROL.stat()
    owner = CONTROL.owner()
    check.equal("control socket", (stat.S_ISSOCK(status.st_mode), stat.S_IMODE(status.st_mode),
                                   owner), (True, 0o600, "vfswatchd"))
    as_nobody = by_vfswatchctl("setpriv", f"--reuid={NOBODY}", "--clear-groups")
    check.true("nobody may not reload", as_nobody.status == 77 and
               "sudo vfswatchctl reload" in as_nobody.error, as_nobody)
    status, text = daemon.command("vfswatchd", "--listen", "127.0.0.1:9975")
    check.true("a second daemon is refused, with the first one's process", status == 69 and
               f"vfswatchd runs already as process {daemon.shown('MainPID')}" in text, text)
    check.equal("a second daemon leaves the socket", CONTROL.is_socket(), True)
    daemon.stop()
    alone = by_vfswatchctl()
    check.true("without a daemon: what to do", alone.status == 69 and
               "systemctl start vfswatchd" in alone.error, alone)


def check_by_hand(check):
    """As root, without systemd; what it leaves does not keep the service from its own."""
    process = subprocess.Popen(["vfswatchd"], stderr=subprocess.PIPE, text=True)
    check.true("by hand ready", checks.until(lives.is_ready, lives.READY_SECONDS))
    check.equal("by hand reload", by_vfswatchctl()[::2], (0, ""))
    process.terminate()
    check.equal("by hand end", (process.wait(), CONTROL.exists()), (0, False))
    daemon.systemctl("start", daemon.UNIT)
    check.equal("by hand, then the service: owner", CONTROL.owner(), "vfswatchd")
    daemon.stop()


def body(check):
    DATA.mkdir(parents=True)
    daemon.stop()
    before = kernel.objects()
    check_socket(check)
    check_by_hand(check)
    check_reloads(check)
    check.equal("stop leaves nothing in the kernel", kernel.left_since(before), [])


checks.run("reloads", body)
