# SPDX-License-Identifier: Apache-2.0
"""In which system call a file was read: each kind apart, as strace saw them, and in all the same as
without the label."""
import collections
import os
import pathlib
import sys

from harness import checks, daemon, endpoint, programs

DATA = pathlib.Path("/srv/call")
SCRIPT = DATA / "script"
# The kernel looks at so many bytes of what it shall execute: BINPRM_BUF_SIZE.
EXEC_BYTES = 256
# Before 5.15 a program cannot see the registers that hold the call's number.
TELLS_CALL = (5, 15)
HAS_LABEL = tuple(map(int, os.uname().release.split(".")[:2])) >= TELLS_CALL
WHY_EMPTY = "the label call stays empty"

READER = f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
file = os.open("{DATA}/file", os.O_RDONLY)
other = os.open("{DATA}/other", os.O_RDONLY)
null = os.open("/dev/null", os.O_WRONLY)
copy = os.open("/srv", os.O_TMPFILE | os.O_WRONLY, 0o600)
parts = [bytearray(30), bytearray(40)]

class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("bytes", ctypes.c_size_t)]

room = ctypes.create_string_buffer(50)
vector = (Part * 1)(Part(ctypes.addressof(room), 50))
CALLS = [
    (5, lambda fd: os.read(fd, 11)),
    (7, lambda fd: os.pread(fd, 13, 0)),
    (9, lambda fd: os.readv(fd, parts)),
    # Python's own takes preadv2 for it.
    (4, lambda fd: libc.preadv(fd, vector, 1, ctypes.c_long(0))),
    (6, lambda fd: os.preadv(fd, parts, 0, os.RWF_HIPRI)),
    (3, lambda fd: os.sendfile(null, fd, 0, 170)),
    (2, lambda fd: os.copy_file_range(fd, copy, 190, 0, 0)),
]
# Each call follows each other one, on one file and on two.
for fds in ((file,), (file, other)):
    for round in range(3):
        for times, call in CALLS[round:] + CALLS[:round]:
            for i in range(times):
                for fd in fds:
                    assert call(fd) != -1
for i in range(2):
    os.lseek(file, 0, os.SEEK_END)
    assert os.read(file, 100) == b""
os.spawnv(os.P_WAIT, "{SCRIPT}", ["{SCRIPT}"])
"""
# The calls as the kernel names them, as strace does too.
CALLS = ["read", "pread64", "readv", "preadv", "preadv2", "sendfile", "copy_file_range"]


def make_files():
    DATA.mkdir(parents=True)
    for name in ("file", "other"):
        (DATA / name).write_bytes(os.urandom(50_000))
    SCRIPT.write_text("#!/bin/sh\n# " + "x" * 400 + "\nexit 0\n")
    SCRIPT.chmod(0o755)
    pathlib.Path("/srv/reader.py").write_text(READER)


def traced(process):
    """{(path, call): (bytes, calls)} as strace saw them, of the files that are watched."""
    process.traced_reads()  # waits for the last of it
    sums = collections.defaultdict(lambda: [0, 0])
    for trace in process.traces.iterdir():
        for line in trace.read_text(errors="surrogateescape").splitlines():
            match = programs.CALL.match(line)
            if match is None:
                continue
            name, arguments, result, _ = match.groups()
            path = programs.DESCRIPTOR.findall(arguments)[1 if name == "sendfile" else 0]
            if path.startswith(f"{DATA}/"):
                sums[path, name][0] += max(0, int(result))
                sums[path, name][1] += 1
    return {key: tuple(amount) for key, amount in sums.items()}


def rows(target):
    """{(path, call): (bytes, calls)}"""
    page = endpoint.scrape()
    calls = {(labels["path"], labels["call"]): value
             for labels, value in page.samples(endpoint.FILE_CALLS, target=target)}
    return {(labels["path"], labels["call"]): (value, calls[labels["path"], labels["call"]])
            for labels, value in page.samples(endpoint.FILE_BYTES, target=target)}


def merged(found, key):
    sums = collections.defaultdict(lambda: [0, 0])
    for labels, amount in found.items():
        for i in (0, 1):
            sums[key(labels)][i] += amount[i]
    return {name: tuple(amount) for name, amount in sums.items()}


def check_calls(check):
    process = programs.Stopped([sys.executable, "-B", "/srv/reader.py"], "/srv/reader.out",
                               pathlib.Path("/srv/reader.traces"))
    process.go()
    check.equal("program's status", process.wait_for_end(), 0)
    made = traced(process)
    process.reap()
    check.equal("strace saw every kind", {call for _, call in made}, set(CALLS))
    # strace does not see what exec itself reads of the program.
    made[str(SCRIPT), "execve"] = (EXEC_BYTES, 1)
    wanted = made if HAS_LABEL else merged(made, lambda labels: (labels[0], ""))
    seen = endpoint.until_equal(lambda: rows("call"), wanted)
    check.same("each call's bytes and calls", seen, wanted)
    of_files = merged(made, lambda labels: labels[0])
    page = endpoint.scrape()
    check.same("merged == without the label", merged(rows("call"), lambda labels: labels[0]),
               page.files(target="plain"))
    check.same("without the label", page.files(target="plain"), of_files)
    check.equal("target's total", (page.sum(endpoint.TARGET_BYTES, target="call"),
                                   page.sum(endpoint.TARGET_CALLS, target="call")),
                tuple(sum(amount[i] for amount in made.values()) for i in (0, 1)))
    check.equal("lost", page.losses(), {})


def check_words(check, cursor):
    """A label that stays empty is said at the start and by the doctor."""
    warnings = [entry["MESSAGE"] for entry in daemon.journal_entries(cursor)
                if entry["PRIORITY"] == "4" and WHY_EMPTY in entry["MESSAGE"]]
    check.equal("journal warns of an empty label", len(warnings), 0 if HAS_LABEL else 1)
    check.true("journal names the target", all("target call:" in text for text in warnings),
               warnings)
    text = daemon.command("vfswatchctl", "doctor")[1]
    lines = [line for line in text.splitlines() if "label call" in line]
    check.equal("doctor tells it", [line.split()[0] for line in lines],
                ["ok" if HAS_LABEL else "warning"])


def body(check):
    make_files()
    cursor = daemon.journal_cursor()
    paths = {"include": [f"{DATA}/**"]}
    daemon.start({"targets": [{"name": "call", "paths": paths, "labels": ["call"]},
                              {"name": "plain", "paths": paths}]})
    check_calls(check)
    checks.say("calls are done")
    check_words(check, cursor)


checks.run("call", body)
