# SPDX-License-Identifier: Apache-2.0
"""Programs under strace: each of their reads, as strace saw what it returned."""
import collections
import os
import pathlib
import re
import shutil
import subprocess

# pid and tid: who read; offset: before the read; data: the first bytes that it got, at most KEPT.
Read = collections.namedtuple("Read", "pid tid path offset requested bytes data")
KEPT = 4096
FOLDER = pathlib.Path("/srv/traces")
# With -xx all that strace quotes is in hexadecimal, and -y's paths too.
READ = re.compile(r'(?:read|pread64)\(\d+<(.*?)>, "(.*?)"(?:\.\.\.)?, (\d+)(?:, (\d+))?\) += (\d+)')
SEEK = re.compile(r'lseek\(\d+<(.*?)>, .*\) += (\d+)')
LEADER = "execve("


def reads_of(argv, folder, uid=0):
    """Runs the program to its end, as this user; returns its reads below the folder. Threads that
    share a file may use pread alone, or nobody knew its position."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    os.chown(FOLDER, uid, uid)
    subprocess.run(["strace", "-f", "-ff", "--seccomp-bpf", "-y", "-xx", "-s", str(KEPT), "-e",
                    "trace=read,pread64,lseek,execve", "-o", str(FOLDER / "trace"), "--", *argv],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, user=uid,
                   group=uid, extra_groups=[])
    texts = {int(trace.suffix[1:]): trace.read_text() for trace in FOLDER.iterdir()}
    pid = next(tid for tid, text in texts.items() if LEADER in text)
    return [read for tid, text in texts.items() for read in _reads(text, pid, tid)
            if read.path.startswith(f"{folder}/")]


def _reads(text, pid, tid):
    positions = collections.Counter()
    for line in text.splitlines():
        sought, read = SEEK.match(line), READ.match(line)
        if sought:
            positions[_path(sought[1])] = int(sought[2])
        elif read:
            path, requested, count = _path(read[1]), int(read[3]), int(read[5])
            offset = positions[path] if read[4] is None else int(read[4])
            if read[4] is None:
                positions[path] += count
            yield Read(pid, tid, path, offset, requested, count, _bytes(read[2]))


def _bytes(text):
    return bytes.fromhex(text.replace("\\x", ""))


def _path(text):
    return os.fsdecode(_bytes(text)) if text.startswith("\\x") else text
