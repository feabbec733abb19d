# SPDX-License-Identifier: Apache-2.0
"""The unit as shipped, and with each of its drop-ins: systemd holds the socket and starts the
service, which has no network, two capabilities and a view of all paths; a restart refuses nobody."""
import collections
import http.client
import os
import pathlib
import re
import subprocess
import threading
import time

from harness import checks, daemon, endpoint, system

FOLDERS = [pathlib.Path("/srv") / "hardened", pathlib.Path("/home") / "hardened",
           pathlib.Path("/tmp") / "hardened"]
INSIDE = pathlib.Path("/mnt/inside")
UNIT_SEEN = "systemd-journald.service"
BYTES = 3000
RESTARTS = 3
# CAP_PERFMON and CAP_BPF, and with kprobe-method.conf CAP_SYS_ADMIN and CAP_DAC_OVERRIDE too.
SHIPPED = 0xC000000000
WITH_KPROBE = SHIPPED | 1 << 21 | 1 << 1
CAP_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
LISTENING = re.compile(r"^ *\d+: 0100007F:26F6 00000000:0000 0A .* (\d+) 1 ", re.MULTILINE)


def config(**more):
    paths = [f"{folder}/**" for folder in (*FOLDERS, INSIDE.parent)]
    return {"targets": [
        {"name": "data", "paths": {"include": paths}},
        # All of it is there, if one may look.
        {"name": "there", "processes": {"pids": [1, 2], "units": [UNIT_SEEN]},
         "paths": {"include": [*map(str, FOLDERS), "/proc/meminfo", "/mnt"]}}], **more}


def status_fields():
    text = pathlib.Path(f"/proc/{daemon.shown('MainPID')}/status").read_text()
    return dict(re.findall(r"^(\w+):\t(.*)$", text, re.MULTILINE))


def check_capabilities(check, name, wanted):
    fields = status_fields()
    check.equal(f"{name} capabilities", {key: fields[key] for key in CAP_SETS},
                dict.fromkeys(CAP_SETS, f"{wanted:016x}"))
    check.equal(f"{name} NoNewPrivs, Seccomp", (fields["NoNewPrivs"], fields["Seccomp"]),
                ("1", "2"))
    user = daemon.command("ps", "-o", "user=", "-p", daemon.shown("MainPID"))[1].strip()
    check.equal(f"{name} user", user, "vfswatchd")


def has_own_network():
    pid = daemon.shown("MainPID")
    return os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/1/ns/net")


def listening_inodes():
    """Of the sockets that listen on 127.0.0.1:9974."""
    return LISTENING.findall(pathlib.Path("/proc/net/tcp").read_text())


def state(unit):
    return daemon.command("systemctl", "is-active", unit)[1].strip()


def warnings_since(cursor):
    return [entry["MESSAGE"] for entry in daemon.journal_entries(cursor)
            if entry["PRIORITY"] == "4"]


def check_activation(check):
    """The first scrape starts the service."""
    daemon.configure(config())
    daemon.drop_in(daemon.PATIENCE)
    daemon.stop()
    daemon.systemctl("start", daemon.SOCKET)
    check.equal("activation before", (state(daemon.SOCKET), state(daemon.UNIT)),
                ("active", "inactive"))
    cursor = daemon.journal_cursor()
    first = endpoint.get(seconds=240).status
    check.true("activation first answer", first in (200, 503), first)
    ready = checks.until(lambda: endpoint.get("/-/ready").status == 200, 240)
    check.true("activation ready", ready)
    checks.until(lambda: state(daemon.UNIT) == "active", 20)
    check.equal("activation active", state(daemon.UNIT), "active")
    text = daemon.shown("StatusText")
    check.true("activation STATUS", "metrics on http://127.0.0.1:9974" in text, text)
    check.true("activation no network", has_own_network())
    check_capabilities(check, "activation", SHIPPED)
    # What looks for paths and units is a thread of its own.
    time.sleep(3)
    check.equal("activation no warning of what is there", warnings_since(cursor), [])


def read_in_all_places():
    """Reads a file in each folder, and one that only another mount namespace has; returns what that
    makes."""
    made = {}
    for folder in FOLDERS:
        (folder / "file").write_bytes(os.urandom(BYTES))
        (folder / "file").read_bytes()
        made[str(folder / "file")] = (BYTES, 2)
    child = os.fork()
    if child == 0:
        try:
            system.enter_private_mounts()
            system.mount_tmpfs(INSIDE.parent)
            INSIDE.mkdir()
            (INSIDE / "file").write_bytes(os.urandom(BYTES))
            (INSIDE / "file").read_bytes()
        except BaseException:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        raise ChildProcessError("the other mount namespace could not be made")
    made[str(INSIDE / "file")] = (BYTES, 2)
    return made


def check_counts(check, name):
    """From where the counts are now."""
    before = endpoint.scrape().files(target="data")
    made = read_in_all_places()
    wanted = dict(before)
    for path, (count, calls) in made.items():
        known = before.get(path, (0, 0))
        wanted[path] = (known[0] + count, known[1] + calls)
    seen = endpoint.until_equal(lambda: endpoint.scrape().files(target="data"), wanted)
    check.same(f"{name} counts in /srv, /home, /tmp, another namespace", seen, wanted)


class Visitors:
    """Clients that come one after the other, each on a connection of its own."""

    def __init__(self, number):
        self.answers = collections.Counter()
        self.over = False
        self.threads = [threading.Thread(target=self._visit) for _ in range(number)]
        for thread in self.threads:
            thread.start()

    def _visit(self):
        while not self.over:
            try:
                answer = endpoint.get("/-/ready", seconds=240).status
            except Exception as error:  # pylint: disable=broad-except
                answer = repr(error)
            self.answers[answer] += 1
            time.sleep(0.02)

    def leave(self):
        self.over = True
        for thread in self.threads:
            thread.join()
        return dict(self.answers)


def check_restarts(check):
    """Whoever comes while nobody is there waits, and is served by the next process."""
    known = listening_inodes()
    check.equal("restart one socket", len(known), 1)
    visitors = Visitors(2)
    for _ in range(RESTARTS):
        daemon.restart()
        time.sleep(1)
    answers = visitors.leave()
    check.true("restart every client gets its answer", set(answers) == {200}, answers)
    check.equal("restart the same socket", listening_inodes(), known)
    # With another configuration all begins anew, which takes longer.
    daemon.configure(config(path_view="host"))
    visitors = Visitors(2)
    daemon.restart()
    answers = visitors.leave()
    check.true("restart anew refuses nobody", set(answers) <= {200, 503} and answers.get(200),
               answers)
    check.equal("restart anew the same socket", listening_inodes(), known)


def refused(config_of, check, name, *patterns):
    """It does not start, says why in one line; returns that."""
    daemon.stop()
    daemon.configure(config_of)
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)
    cursor = daemon.journal_cursor()
    daemon.systemctl("start", daemon.UNIT, check=False)
    check.equal(f"{name} exit status", daemon.shown("ExecMainStatus"), "69")
    errors = [entry["MESSAGE"] for entry in daemon.journal_entries(cursor)
              if entry["PRIORITY"] == "3"]
    check.true(f"{name} says why", len(errors) == 1 and
               all(pattern in errors[0] for pattern in patterns), errors)
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)


def check_named_address(check):
    """Without a network of its own it cannot have an address, and says so."""
    refused(config(listen=[{"address": "127.0.0.1:9975"}]), check, "an address as shipped",
            "127.0.0.1:9975", "direct-bind.conf")


def check_entry(check):
    """The entry `systemd`, by the unit and by hand."""
    named = config(listen=[{"address": "systemd"}])
    daemon.start(named)
    check.equal("entry serves", endpoint.get("/-/ready").status, 200)
    daemon.stop()
    status, text = daemon.command("vfswatchd", "--check-config")
    check.equal("entry --check-config", status, 0)
    status, text = daemon.command("vfswatchd")
    check.true("entry by hand", status == 69 and re.search(
        rf"{daemon.CONFIG}:\d+:\d+: found `systemd`.*vfswatchd\.socket", text), (status, text))


def check_by_hand(check):
    """Nobody passes a socket: it has its default address."""
    daemon.stop()
    daemon.configure(config())
    with subprocess.Popen(["vfswatchd"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        def ready():
            try:
                return endpoint.get("/-/ready").status == 200
            except OSError:
                return False
        check.true("by hand serves", checks.until(ready, 240))
        process.terminate()


def check_direct_bind(check):
    daemon.stop()
    daemon.ship_drop_in("direct-bind.conf")
    daemon.start(config(listen=[{"address": "127.0.0.1:9974"}, {"address": "127.0.0.1:9975"}]))
    check.equal("direct bind states", (state(daemon.SOCKET), state(daemon.UNIT)),
                ("inactive", "active"))
    check.true("direct bind in the host's network", not has_own_network())
    check.equal("direct bind serves", [endpoint.get("/-/ready", port=port).status
                                       for port in (9974, 9975)], [200, 200])
    check_capabilities(check, "direct bind", SHIPPED)
    check_counts(check, "direct bind")
    daemon.stop()
    daemon.take_back_drop_in("direct-bind.conf")


def check_kprobe_method(check):
    refusal = config(probe={"exit": "kprobe"})
    daemon.stop()
    daemon.configure(refusal)
    cursor = daemon.journal_cursor()
    daemon.systemctl("start", daemon.UNIT, check=False)
    check.equal("kprobe as shipped exit status", daemon.shown("ExecMainStatus"), "77")
    errors = [entry["MESSAGE"] for entry in daemon.journal_entries(cursor)
              if entry["PRIORITY"] == "3"]
    check.true("kprobe as shipped names the drop-in",
               len(errors) == 1 and "kprobe-method.conf" in errors[0], errors)
    daemon.ship_drop_in("kprobe-method.conf")
    daemon.start(refusal)
    check_capabilities(check, "kprobe", WITH_KPROBE)
    check_counts(check, "kprobe")
    attached = {labels["method"] for labels, _ in
                endpoint.scrape().samples("vfswatch_probe_attached", role="exit")}
    check.equal("kprobe method", attached, {"kprobe"})
    # Reads to the end: each found it.
    files = endpoint.scrape().by(endpoint.FILE_EOFS, "path", target="data")
    check.equal("kprobe ends of file", files, dict.fromkeys(
        [*(str(folder / "file") for folder in FOLDERS), str(INSIDE / "file")], 1))
    daemon.stop()
    left = pathlib.Path("/sys/kernel/tracing/kprobe_events").read_text()
    check.equal("kprobe leaves nothing", left, "")
    daemon.take_back_drop_in("kprobe-method.conf")


def check_gives_up(check):
    """Clients have a service that cannot start tried again, but not for ever."""
    daemon.stop()
    daemon.configure("targets:\n  - nam: a\n")
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)
    cursor = daemon.journal_cursor()
    daemon.systemctl("start", daemon.SOCKET)

    def visited():
        try:
            endpoint.get("/-/ready", seconds=2)
        except (OSError, http.client.HTTPException):
            pass
        return state(daemon.SOCKET) == "failed"

    check.true("cannot start: the socket gives up", checks.until(visited, 60))
    faults = [entry for entry in daemon.journal_entries(cursor) if entry["PRIORITY"] == "3"]
    check.equal("cannot start: tries", len({entry["_PID"] for entry in faults}),
                int(daemon.shown("StartLimitBurst")))
    daemon.start(config())
    check.equal("mended: serves", endpoint.get("/-/ready").status, 200)


def body(check):
    for folder in FOLDERS:
        folder.mkdir(parents=True)
    check_activation(check)
    check_counts(check, "shipped")
    check_restarts(check)
    check_named_address(check)
    check_entry(check)
    check_by_hand(check)
    check_direct_bind(check)
    check_kprobe_method(check)
    check_gives_up(check)


checks.run("hardened", body)
