# SPDX-License-Identifier: Apache-2.0
"""persist_on_stop: what a stopped daemon leaves goes on counting, and the next one of the same boot
goes on with all of it, or with nothing."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from harness import byhand, checks, daemon, endpoint, kernel, lives, onlooker, steady

LONG = "--long" in sys.argv
STOPS = 4 if LONG else 2
STOPPED_SECONDS, RUNNING_SECONDS = 3, 2
NEW_PAUSE_MS = 200
SCRAPE_PAUSE_SECONDS = 0.5
SEED = 1
DATA = pathlib.Path("/srv/stops")
TARGETS = {"targets": [{"name": "data", "paths": {"include": [f"{DATA}/**"]}}]}
STAYS = TARGETS | {"persist_on_stop": True}
BPFFS = pathlib.Path("/sys/fs/bpf")
PINS = BPFFS / "vfswatchd"
STATE = pathlib.Path("/var/lib/vfswatchd/state")
LOCK = pathlib.Path("/run/vfswatchd/control.lock")
BOOT_ID = pathlib.Path("/proc/sys/kernel/random/boot_id")
DAMAGED = {"damaged": 1}
STAYS_TEXT = "probes and counts stay in the kernel"
# SIGKILL at one of the calls of bpf() behind SIGTERM, most of which pin.
KILLED_AT = range(3, 48, 3) if LONG else (10, 20, 30)
WAIT_SECONDS = 60
# A second apart.
SETTLED_LOOKS = 4


def read(name, size):
    """Two calls: whoever opens reads to the end."""
    path = DATA / name
    path.write_bytes(bytes(size))
    path.read_bytes()


def counted():
    return endpoint.scrape().files(target="data")


def check_counted(check, name, *files):
    known = {f"{DATA}/{file}": (size, 2) for file, size in files}
    check.equal(name, endpoint.until_equal(counted, known), known)


def pins():
    return sorted(os.listdir(PINS)) if PINS.exists() else []


def check_nothing_is_left(check, name, before):
    check.equal(f"{name} leaves nothing in the kernel", kernel.left_since(before), [])
    check.equal(f"{name} leaves no pin and no file", (pins(), STATE.exists()), ([], False))


def check_is_there(check, name):
    check.true(f"{name} pins and file are there", pins() and STATE.exists(),
               f"{len(pins())} pins, {STATE.stat().st_size if STATE.exists() else 'no'} bytes")


def start():
    daemon.systemctl("start", daemon.UNIT)


def start_anew(config):
    daemon.stop()
    unpin()
    daemon.start(config)


def unpin():
    return daemon.command("vfswatchctl", "unpin")


def resets():
    return {reason: times for reason, times in steady.resets(endpoint.scrape()).items() if times}


def check_steady(check):
    """Reads go on while nobody is there; the last of them end then."""
    load = steady.Load(SEED, NEW_PAUSE_MS)
    start_anew({"persist_on_stop": True, "targets": load.targets(),
                "limits": {"idle_series_timeout": "1h"}})
    look = onlooker.Onlooker(SCRAPE_PAUSE_SECONDS)
    cursor = daemon.journal_cursor()
    load.go()
    for number in range(STOPS):
        time.sleep(RUNNING_SECONDS)
        daemon.stop()
        check_is_there(check, f"steady {number}")
        time.sleep(STOPPED_SECONDS)
        if number == STOPS - 1:
            check.equal("steady status of the readers", load.end(), 0)
        start()
        check.equal(f"steady {number} a process that counts has no pins", (pins(), STATE.exists()),
                    ([], False))
    load.check(check, "steady")
    report = look.end_and_check(check, "steady")
    check.equal("steady series that left", (report["left"], report["gone"]), (0, []))
    told = lives.told(cursor)
    check.equal("steady goes on", sum(text.startswith(lives.GOING_ON) for text in told), STOPS)
    check.equal("steady tries no method again", [text for text in told if "in its trial" in text],
                [])
    check.equal("steady resets", resets(), {})


def check_restart(check):
    """Both places have it then."""
    start_anew(STAYS)
    read("restart", 1000)
    check_counted(check, "restart counted before", ("restart", 1000))
    daemon.restart()
    check_counted(check, "restart goes on", ("restart", 1000))
    check.equal("restart clears pins and file", (pins(), STATE.exists()), ([], False))
    check.equal("restart resets", resets(), {})


def check_plain_stop(check, before):
    start_anew(TARGETS)
    read("plain", 1000)
    check_counted(check, "plain stop counted before", ("plain", 1000))
    daemon.stop()
    check_nothing_is_left(check, "plain stop", before)
    start()
    check.equal("plain stop, then a start: counts from 0", (counted(), resets()), ({}, {}))


def check_unpin(check, before):
    start_anew(STAYS)
    read("unpin", 1000)
    check_counted(check, "unpin counted before", ("unpin", 1000))
    status, text = unpin()
    check.true("unpin refuses while a daemon runs",
               status == 69 and f"process {daemon.shown('MainPID')}:" in text, (status, text))
    check_counted(check, "unpin refused disturbs nothing", ("unpin", 1000))
    daemon.stop()
    check_is_there(check, "unpin")
    check.true("unpin before, counted on", kernel.objects() - before)
    status, text = daemon.command("runuser", "-u", "nobody", "--", "vfswatchctl", "unpin")
    check.true("unpin is not everybody's", status == 77 and "as root" in text, (status, text))
    check_is_there(check, "unpin not permitted")
    there = len(pins())
    check.equal("unpin", unpin(), (0, f"Removed {there} pinned objects from {PINS}.\n"
                                      f"Removed {STATE}.\n"))
    check_nothing_is_left(check, "unpin", before)
    check.equal("unpin again", unpin(), (0, "Nothing was left by a stopped vfswatchd.\n"))
    start()
    check.equal("unpin, then a start: counts from 0", (counted(), resets()), ({}, {}))


def count_again(name):
    """Whether or not that has been counted before."""
    known = {f"{DATA}/{name}": (1000, 2)}
    if counted() != known:
        read(name, 1000)
    if endpoint.until_equal(counted, known) != known:
        raise daemon.DaemonError(f"{name} is not counted")
    return known


def stop_with_counts(name):
    start_anew(STAYS)
    count_again(name)
    daemon.stop()


def reboot():
    """What a boot does to both places."""
    for pin in PINS.iterdir():
        pin.unlink()
    set_other_boot()


def set_other_boot():
    boot = BOOT_ID.read_text().strip().replace("-", "").encode()
    written = STATE.read_bytes()
    STATE.write_bytes(written.replace(boot, b"0" * len(boot)))
    return written != STATE.read_bytes()


def cut():
    written = STATE.read_bytes()
    STATE.write_bytes(written[:len(written) // 2])


# What becomes of what was left, and what the next start says of it.
SPOILT = (
    ("another boot", reboot, {}),
    ("another boot's file", set_other_boot, DAMAGED),
    ("a pin that is gone", lambda: (PINS / "map-sums").unlink(), DAMAGED),
    *((("a cut file", cut, DAMAGED), ("no file", STATE.unlink, DAMAGED)) if LONG else ()),
)


def settled():
    """Names of what is there once the kernel has freed what was given up."""
    looks = []

    def stays():
        looks.append(kernel.names(kernel.objects()))
        return looks[-SETTLED_LOOKS:] == [looks[-1]] * SETTLED_LOOKS

    checks.until(stays, kernel.GONE_SECONDS, 1)
    return looks[-1]


def check_set(check, name, good):
    """Nothing but the objects of one start is there, and they belong to a process."""
    found = checks.until(lambda: kernel.names(kernel.objects()) in good, kernel.GONE_SECONDS)
    check.true(f"{name}: nothing but one set of programs is there", found,
               "" if found else f"{kernel.names(kernel.objects())}, wanted one of {good}")
    check.equal(f"{name}: no pin and no file", (pins(), STATE.exists()), ([], False))


def check_spoilt(check, before):
    start_anew(STAYS)
    good = [settled()]
    for name, spoil, wanted in SPOILT:
        count_again("spoilt")
        daemon.stop()
        check.true(f"{name} could be made", spoil() is not False)
        start()
        check.equal(f"{name}: counts from 0", (counted(), resets()), ({}, wanted))
        check_set(check, name, good)
    start_anew(TARGETS)
    daemon.stop()
    check_nothing_is_left(check, "spoilt", before)


def check_other_config(check):
    """One that counts as another one does not is refused as after a restart."""
    stop_with_counts("other")
    daemon.configure(STAYS | {"limits": {"max_files": 70_000}})
    start()
    check.equal("other config: counts from 0", (counted(), resets()), ({}, {"config": 1}))
    stop_with_counts("other")
    daemon.configure(TARGETS | {"persist": False})
    start()
    check.equal("persist: false: counts from 0", (counted(), resets()), ({}, {}))
    check.equal("persist: false: no pin and no file", (pins(), STATE.exists()), ([], False))


def kill_at_call(number):
    """At so many calls of bpf() of the thread that stops. Returns what is there then."""
    pid = int(daemon.shown("MainPID"))
    tracer = subprocess.Popen(
        ["strace", "-f", "-p", str(pid), "-o", "/dev/null", "-e", "trace=bpf", "-e",
         f"inject=bpf:signal=SIGKILL:when={number}"], stderr=subprocess.DEVNULL)
    status = pathlib.Path(f"/proc/{pid}/status")
    checks.until(lambda: "TracerPid:\t0\n" not in status.read_text(), WAIT_SECONDS, 0.01)
    os.kill(pid, signal.SIGTERM)
    tracer.wait(WAIT_SECONDS)
    checks.until(lambda: lives.process() != pid, WAIT_SECONDS, 0.02)
    return len(pins()), STATE.exists()


def kill_behind_all():
    """Between the file and the end."""
    pid = int(daemon.shown("MainPID"))
    os.kill(pid, signal.SIGTERM)
    checks.until(STATE.exists, WAIT_SECONDS, 0)
    os.kill(pid, signal.SIGKILL)
    checks.until(lambda: lives.process() != pid, WAIT_SECONDS, 0.02)
    return len(pins()), STATE.exists()


def check_killed_once(check, name, kill, good):
    known = count_again("killed")
    there, whole = kill()
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)
    start()
    spoilt = there > 0 and not whole
    check.equal(f"{name}, {there} pins and {'a' if whole else 'no'} file: all or nothing",
                (counted(), resets()), (known if whole else {}, DAMAGED if spoilt else {}))
    check_set(check, name, good)
    return there, whole


def check_killed(check, before):
    """SIGKILL while it pins. Without Restart=: the start shall be of a service that was stopped."""
    daemon.drop_in(daemon.OFTEN + "Restart=no\n")
    start_anew(STAYS)
    good = [settled()]
    daemon.restart()
    good.append(settled())
    left = [check_killed_once(check, f"killed at call {number}",
                              lambda number=number: kill_at_call(number), good)
            for number in KILLED_AT]
    left.append(check_killed_once(check, "killed behind all", kill_behind_all, good))
    everything = left[-1][0]
    check.true("killed halfway", any(0 < there < everything for there, _ in left), left)
    check.true("killed with all of it", left[-1][1], left)
    daemon.drop_in(daemon.OFTEN)
    start_anew(TARGETS)
    daemon.stop()
    check_nothing_is_left(check, "killed", before)


def check_by_hand(check, before):
    """And from hand to service and back."""
    daemon.stop()
    unpin()
    check.true("by hand the lock's directory is there still", LOCK.exists())
    first = byhand.Daemon(STAYS).wait_until_ready()
    read("first", 1000)
    check_counted(check, "by hand counted before", ("first", 1000))
    second = byhand.Daemon(STAYS)
    status, text = second.wait()
    check.true("by hand a second one is refused",
               status == 69 and f"runs already as process {first.process.pid}" in text,
               (status, text))
    check.true("by hand the service is refused too",
               daemon.systemctl("start", daemon.UNIT, check=False))
    second = byhand.Daemon(STAYS)
    status, text = second.wait()
    check.true("by hand a second one is refused still",
               status == 69 and f"runs already as process {first.process.pid}" in text,
               (status, text))
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)
    status, text = first.stop()
    check.true("by hand stop", status == 0 and STAYS_TEXT in text, (status, text[-600:]))
    check_is_there(check, "by hand")
    read("stopped", 2000)
    second = byhand.Daemon(STAYS).wait_until_ready()
    check_counted(check, "by hand goes on", ("first", 1000), ("stopped", 2000))
    check.equal("by hand no pin and no file", (pins(), STATE.exists()), ([], False))
    second.stop()
    start()
    check_counted(check, "by hand, then the service: goes on", ("first", 1000), ("stopped", 2000))
    daemon.stop()
    last = byhand.Daemon(STAYS).wait_until_ready()
    check_counted(check, "service, then by hand: goes on", ("first", 1000), ("stopped", 2000))
    status, text = last.stop()
    check.true("service, then by hand: stop", status == 0 and STAYS_TEXT in text,
               (status, text[-600:]))
    unpin()
    check_nothing_is_left(check, "by hand", before)


def check_cannot_be_left(check, before):
    """All or nothing."""
    for name, probe, reason in (
            ("tracefs", {"exit": "kprobe"}, r"the tracefs probe at \w+ \(exit\) ends"),
            ("exit", {"accounting": "exit"}, "accounting at the ends of reads cannot be handed")):
        by_hand = byhand.Daemon(STAYS | {"probe": probe}).wait_until_ready()
        read(name, 1000)
        check_counted(check, f"{name} counts", (name, 1000))
        status, text = by_hand.stop()
        told = re.findall(rf"counts (?:will not outlive a stop|end with this process): {reason}",
                          text)
        check.equal(f"{name} says at the start and at the stop why nothing stays",
                    (status, len(told)), (0, 2))
        check_nothing_is_left(check, name, before)


def check_without_bpffs(check, before):
    daemon.stop()
    unpin()
    subprocess.run(["umount", BPFFS], check=True)
    cursor = daemon.journal_cursor()
    daemon.configure(STAYS)
    start()
    read("none", 1000)
    check_counted(check, "without a bpffs counts", ("none", 1000))
    daemon.stop()
    told = [text for text in lives.told(cursor) if "is in no bpffs" in text]
    check.equal("without a bpffs says so at the start and at the stop", len(told), 2)
    check.equal("without a bpffs leaves nothing in the kernel", kernel.left_since(before), [])
    subprocess.run(["mount", "-t", "bpf", "-o", "mode=700", "bpf", BPFFS], check=True)


def body(check):
    DATA.mkdir(parents=True)
    daemon.stop()
    before = kernel.objects()
    daemon.drop_in(daemon.OFTEN)
    check_steady(check)
    check_restart(check)
    check_plain_stop(check, before)
    check_unpin(check, before)
    check_spoilt(check, before)
    check_other_config(check)
    check_killed(check, before)
    check_by_hand(check, before)
    check_cannot_be_left(check, before)
    check_without_bpffs(check, before)


checks.run("stops", body)
