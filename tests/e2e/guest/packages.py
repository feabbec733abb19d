# SPDX-License-Identifier: Apache-2.0
"""The Debian package as people meet it: installed on a guest that never had the daemon, one line
of the configuration edited, started; upgraded under a load of known reads; removed; purged."""
import os
import pathlib
import re
import subprocess
import time

from harness import checks, daemon, endpoint, kernel, onlooker, steady

# Two versions of one commit, as tests/e2e/run made them.
OLD, NEW = (pathlib.Path("/opt/packages") / name for name in ("old.deb", "new.deb"))
DATA = pathlib.Path("/srv/packages")
BPFFS = pathlib.Path("/sys/fs/bpf")
STAYS = {"targets": [{"name": "data", "paths": {"include": [f"{DATA}/**"]}}],
         "persist_on_stop": True}
# Where a package may leave something; in NOTES systemd says which units there were.
LOOKED_THROUGH = ("/boot", "/etc", "/home", "/opt", "/root", "/run", BPFFS, "/usr", "/var")
NOTES = "/run/systemd"
RUNNING_SECONDS = 5
SCRAPE_PAUSE_SECONDS = 0.5
NEW_PAUSE_MS = 200
SEED = 1


def apt(*words):
    status, text = daemon.command("apt-get", "-q", "-y", *map(str, words),
                                  env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    print(re.sub("^", "  | ", text.strip(), flags=re.MULTILINE), flush=True)
    return status


def version_of(package):
    return daemon.command("dpkg-deb", "-f", package, "Version")[1].strip()


def installed():
    return daemon.command("dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}",
                          "vfswatchd")[1].strip()


def enabled():
    """Of service and socket."""
    return daemon.command("systemctl", "is-enabled", daemon.UNIT, daemon.SOCKET)[1].split()


def socket_invocation():
    return daemon.command("systemctl", "show", "--value", "-p", "InvocationID", daemon.SOCKET)[1]


def named_after_it():
    """Every file whose name says whose it is."""
    found = subprocess.run(["find", *map(str, LOOKED_THROUGH), "-path", NOTES, "-prune",
                            "-o", "-name", "*vfswatch*", "-print"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return sorted(found.splitlines())


def read(name, size):
    """Two calls: whoever opens reads to the end."""
    path = DATA / name
    path.write_bytes(bytes(size))
    path.read_bytes()


def check_counts(check, name, target, size):
    known = (size, 2)
    seen = endpoint.until_equal(
        lambda: endpoint.scrape().files(target=target).get(f"{DATA}/{name}"), known)
    check.equal(f"{name}: a scrape shows the reads", seen, known)


def check_install(check, before):
    check.equal("install on a clean guest", named_after_it(), [])
    begin = time.monotonic()
    check.equal("install apt", apt("install", OLD), 0)
    checks.say(f"apt install took {time.monotonic() - begin:.1f} s")
    check.equal("install version", installed(), f"ii {version_of(OLD)}")
    check.equal("install neither enables nor starts", (enabled(), daemon.shown("ActiveState")),
                (["disabled", "disabled"], "inactive"))
    check.equal("install puts nothing into the kernel", kernel.left_since(before), [])
    check.equal("install makes the user", daemon.command("id", "-u", "vfswatchd")[0], 0)
    check.true("install the catalog is known",
               "vfswatchd" in daemon.command("journalctl", "--no-pager", "--list-catalog")[1])


def check_first_start(check):
    """What a new user does: one line, one command."""
    text = daemon.CONFIG.read_text()
    edited = text.replace('include: ["/etc/**"]', f'include: ["{DATA}/**"]')
    check.equal("start one line is edited", sum(old != new for old, new in zip(
        text.splitlines(), edited.splitlines())), 1)
    daemon.CONFIG.write_text(edited)
    # Not of what a new user does: an emulated processor is slow.
    daemon.drop_in(daemon.PATIENCE)
    begin = time.monotonic()
    check.equal("start enable --now", daemon.systemctl("enable", "--now", "vfswatchd"), 0)
    checks.say(f"systemctl enable --now took {time.monotonic() - begin:.1f} s")
    check.equal("start enables both", enabled(), ["enabled", "enabled"])
    read("first", 1234)
    check_counts(check, "first", "etc", 1234)


def check_upgrade(check):
    load = steady.Load(SEED, NEW_PAUSE_MS)
    daemon.start({"targets": load.targets(), "limits": {"idle_series_timeout": "1h"}})
    config = daemon.CONFIG.read_text()
    look = onlooker.Onlooker(SCRAPE_PAUSE_SECONDS)
    pid, socket = daemon.shown("MainPID"), socket_invocation()
    load.go()
    time.sleep(RUNNING_SECONDS)
    check.equal("upgrade apt", apt("install", NEW), 0)
    check.equal("upgrade version", installed(), f"ii {version_of(NEW)}")
    time.sleep(RUNNING_SECONDS)
    check.equal("upgrade status of the readers", load.end(), 0)
    now = daemon.shown("MainPID")
    check.true("upgrade another process", now not in ("0", pid), f"{pid} -> {now}")
    check.equal("upgrade its program is the new one", os.readlink(f"/proc/{now}/exe"),
                "/usr/sbin/vfswatchd")
    check.equal("upgrade leaves the socket alone", socket_invocation(), socket)
    check.equal("upgrade leaves the configuration alone", daemon.CONFIG.read_text(), config)
    check.equal("upgrade stays enabled", enabled(), ["enabled", "enabled"])
    load.check(check, "upgrade")
    report = look.end_and_check(check, "upgrade")
    check.equal("upgrade series that left", (report["left"], report["gone"]), (0, []))
    check.equal("upgrade resets", {reason: times for reason, times in
                                   steady.resets(endpoint.scrape()).items() if times}, {})


def check_nothing_runs(check, name, before):
    check.equal(f"{name} leaves nothing in the kernel", kernel.left_since(before), [])
    check.equal(f"{name} leaves nothing in /run and the bpffs",
                [path for path in named_after_it() if path.startswith(("/run/vfs", str(BPFFS)))],
                [])
    check.equal(f"{name} units are gone", daemon.shown("LoadState"), "not-found")
    try:
        check.true(f"{name} nobody listens", endpoint.get() is None)
    except ConnectionRefusedError as error:
        check.true(f"{name} nobody listens", True, error)


def check_remove(check, before):
    check.equal("remove apt", apt("remove", "vfswatchd"), 0)
    check_nothing_runs(check, "remove", before)
    check.equal("remove leaves the configuration", daemon.CONFIG.exists(), True)


def check_remove_what_stays(check, before):
    """A stop would leave probes and counts for the next start."""
    check.equal("again apt", apt("install", NEW), 0)
    daemon.start(STAYS)
    read("again", 4321)
    check_counts(check, "again", "data", 4321)
    check.equal("again apt removes it", apt("remove", "vfswatchd"), 0)
    check_nothing_runs(check, "again", before)


def check_purge(check):
    daemon.DROP_IN.unlink()
    daemon.DROP_IN.parent.rmdir()
    check.equal("purge apt", apt("purge", "vfswatchd"), 0)
    check.equal("purge leaves no file", named_after_it(), [])
    check.equal("purge dpkg knows nothing of it",
                daemon.command("dpkg-query", "-W", "vfswatchd")[0], 1)


def body(check):
    DATA.mkdir(parents=True)
    before = kernel.objects()
    check_install(check, before)
    check_first_start(check)
    check_upgrade(check)
    check_remove(check, before)
    check_remove_what_stays(check, before)
    check_purge(check)


checks.run("packages", body)
