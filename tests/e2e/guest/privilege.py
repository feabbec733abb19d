# SPDX-License-Identifier: Apache-2.0
"""The unit as shipped, with CAP_BPF and CAP_PERFMON and nothing else, on a kernel that is locked down:
it counts, or says what is refused and what to do."""
import os
import pathlib
import re
import subprocess
import time

from harness import checks, daemon, endpoint, programs

DATA = pathlib.Path("/srv/privilege")
LOCKDOWN = pathlib.Path("/sys/kernel/security/lockdown")
FILES, BYTES = 6, 3000
# CAP_PERFMON and CAP_BPF, as /proc/PID/status shows them.
CAPABILITIES = {"CapEff": 0xC000000000, "CapBnd": 0xC000000000}


def make_files():
    DATA.mkdir(parents=True)
    paths = [DATA / f"file{i}" for i in range(FILES)]
    for path in paths:
        path.write_bytes(os.urandom(BYTES))
    return [str(path) for path in paths]


def config(**more):
    return {"targets": [{"name": "data", "paths": {"include": [f"{DATA}/**"]}}], **more}


def lockdown():
    return re.search(r"\[(\w+)\]", LOCKDOWN.read_text())[1]


def journal_lines(cursor, priority):
    return [entry["MESSAGE"] for entry in daemon.journal_entries(cursor)
            if entry["PRIORITY"] == priority]


def try_to_start(wanted):
    """(exit status, the errors in the journal)"""
    daemon.configure(wanted)
    daemon.drop_in(daemon.PATIENCE)
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)
    cursor = daemon.journal_cursor()
    daemon.systemctl("restart", daemon.UNIT, check=False)
    errors = checks.until(lambda: journal_lines(cursor, "3"), 10)
    return int(daemon.shown("ExecMainStatus")), errors


def check_refusal(check, name, wanted, status, *patterns):
    """One line says why, and another start is not tried."""
    found, errors = try_to_start(wanted)
    check.equal(f"{name} exit status", found, status)
    check.true(f"{name} says why in one line", len(errors) == 1 and "\n" not in errors[0], errors)
    for pattern in patterns:
        check.true(f"{name} names {pattern}", any(re.search(pattern, text) for text in errors))
    time.sleep(3)
    check.equal(f"{name} no restart", (daemon.shown("NRestarts"), daemon.shown("ActiveState")),
                ("0", "failed"))


def check_privileges(check):
    daemon.start(config())
    text = pathlib.Path(f"/proc/{daemon.shown('MainPID')}/status").read_text()
    held = {name: int(re.search(rf"^{name}:\s*(\w+)$", text, re.MULTILINE)[1], 16)
            for name in CAPABILITIES}
    check.equal("capabilities", held, CAPABILITIES)
    check.equal("user", daemon.command("ps", "-o", "user=", "-p", daemon.shown("MainPID"))[1]
                .strip(), "vfswatchd")


def check_counts(check, name, paths):
    """By path and by pid, exactly."""
    process = programs.Stopped(["dd", f"if={paths[0]}", "of=/dev/null", "bs=1000", "status=none"],
                               "/srv/dd.out")
    before = programs.io_of(process.pid)
    wanted = config()
    wanted["targets"].append({"name": "pid", "processes": {"pids": [process.pid]},
                              "file_types": daemon.ALL_TYPES})
    daemon.start(wanted)
    process.go()
    check.equal(f"{name} program's status", process.wait_for_end(), 0)
    after = programs.io_of(process.pid)
    process.reap()
    subprocess.run(["cat", *paths], stdout=subprocess.DEVNULL, check=True)
    # cat and dd ask until the end of the file.
    made = {path: (BYTES, 2) for path in paths}
    made[paths[0]] = (2 * BYTES, 2 + 4)
    seen = endpoint.until_equal(lambda: endpoint.scrape().files(target="data"), made)
    check.same(f"{name} each file", seen, made)
    grown = (after.bytes - before.bytes, after.calls - before.calls)
    page = endpoint.scrape()
    check.equal(f"{name} by pid == growth of rchar and syscr",
                (page.sum(endpoint.FILE_BYTES, target="pid"),
                 page.sum(endpoint.FILE_CALLS, target="pid")), grown)
    check.equal(f"{name} lost", page.losses(), {})


def doctor():
    status, text = daemon.command("vfswatchctl", "doctor")
    print(text, end="", flush=True)
    return status, text


def check_integrity(check, paths):
    check_privileges(check)
    check_counts(check, "unit", paths)
    check_refusal(check, "kprobe without CAP_SYS_ADMIN", config(probe={"exit": "kprobe"}), 77,
                  "kprobe", "CAP_SYS_ADMIN|root")
    status, text = doctor()
    check.equal("doctor's status", status, 0)
    check.true("doctor on lockdown", re.search(r"^ok +lockdown: integrity$", text,
                                                         re.MULTILINE))


def check_refused(check):
    """5.10 reads the task through a helper that is forbidden then."""
    check_refusal(check, "locked down", config(), 69, "confidentiality", "lockdown=|Secure Boot")
    status, text = doctor()
    check.true("doctor's status", status != 0, status)
    check.true("doctor's verdict", "cannot count" in text, text.splitlines()[-1:])


def check_wholes(check, paths):
    """No path can be read: what names none is counted as a whole, the rest counts nothing."""
    process = programs.Stopped(["cat", *paths], "/srv/cat.out")
    before = programs.io_of(process.pid)
    wanted = config()
    wanted["targets"].append({"name": "pid", "processes": {"pids": [process.pid]},
                              "file_types": daemon.ALL_TYPES})
    cursor = daemon.journal_cursor()
    daemon.start(wanted)
    process.go()
    check.equal("program's status", process.wait_for_end(), 0)
    after = programs.io_of(process.pid)
    process.reap()
    grown = (after.bytes - before.bytes, after.calls - before.calls)

    def counted(target):
        page = endpoint.scrape()
        return (page.sum(endpoint.TARGET_BYTES, target=target),
                page.sum(endpoint.TARGET_CALLS, target=target))

    check.equal("by pid == growth of rchar and syscr",
                endpoint.until_equal(lambda: counted("pid"), grown), grown)
    page = endpoint.scrape()
    check.equal("all of it is overflow", page.sum(endpoint.OVERFLOW_BYTES, target="pid",
                                                  reason="path_hidden"), grown[0])
    check.equal("by path", counted("data"), (0, 0))
    check.equal("no file", page.files(), {})
    warned = [text for text in journal_lines(cursor, "4") if "paths cannot be read" in text]
    check.equal("it says so once", len(warned), 1)
    check_refusal(check, "a wish for ends of reads", config(probe={"exit": "fexit"}), 69,
                  "confidentiality")
    check.equal("doctor's status", doctor()[0], 0)


def check_confidentiality(check, paths):
    if os.uname().release.startswith("5.10."):
        check_refused(check)
    else:
        check_wholes(check, paths)
    check.true("doctor on lockdown",
               re.search(r"^(warning|MISSING) +lockdown: confidentiality\n +-> .*lockdown=",
                         doctor()[1], re.MULTILINE))


def body(check):
    paths = make_files()
    mode = lockdown()
    checks.say(f"lockdown is {mode}")
    if mode == "confidentiality":
        check_confidentiality(check, paths)
    else:
        check_integrity(check, paths)


checks.run("privilege", body)
