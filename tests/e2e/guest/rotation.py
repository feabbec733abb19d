# SPDX-License-Identifier: Apache-2.0
"""Logs that logrotate turns every other second, by another name and by copy and truncation, under a
steady writer, `tail -F` and a reader that polls: what the readers got is what a real Prometheus
makes of the counters, and no series of a log ever falls."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from harness import checks, daemon, endpoint, programs, prometheus, scraper

SECONDS = 60 if "--long" in sys.argv else 20
TURN_SECONDS = 2
SCRAPE_SECONDS = 1
MAY_DIFFER = 0.02
DATA = pathlib.Path("/srv/log")
# Beside the logs: the daemon watches all of their folder.
WORK = pathlib.Path("/srv/rotation")
LOGS = ("moved", "copied")
LINE = b"." * 15999 + b"\n"
LINE_SECONDS = 0.04
POLL_SECONDS = 0.1
POLL_BYTES = 65536
KEPT = 3
POSITION = re.compile(r"^pos:\s*(\d+)", re.MULTILINE)
SETTINGS = """
{data}/moved.log {{
    rotate {kept}
    create
    postrotate
        kill -HUP {writer}
    endscript
}}
{data}/copied.log {{
    rotate {kept}
    copytruncate
}}
"""


def log(name):
    return DATA / f"{name}.log"


def fork(body):
    pid = os.fork()
    if pid == 0:
        try:
            body()
        finally:
            os._exit(1)
    return pid


def write_steadily():
    """A line for each log at each turn; late ones are caught up. Opens anew when it is told to."""
    told = [True]
    signal.signal(signal.SIGHUP, lambda *_: told.append(True))
    files, turn = [], time.monotonic()
    while True:
        if told:
            told.clear()
            for file in files:
                os.close(file)
            files = [os.open(log(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
                     for name in LOGS]
        for file in files:
            os.write(file, LINE)
        turn += LINE_SECONDS
        time.sleep(max(0.0, turn - time.monotonic()))


class Followed:
    """One log, by its name: goes over to the file that has it, and back to where it was cut."""

    def __init__(self, path):
        self.path = path
        self.file = os.open(path, os.O_RDONLY)

    def poll(self):
        while os.read(self.file, POLL_BYTES):
            pass
        try:
            now = os.stat(self.path)
            if now.st_ino != os.fstat(self.file).st_ino:
                after = os.open(self.path, os.O_RDONLY)
                os.close(self.file)
                self.file = after
            elif now.st_size < os.lseek(self.file, 0, os.SEEK_CUR):
                os.lseek(self.file, 0, os.SEEK_SET)
        except FileNotFoundError:
            # It has its other name, and none has its old one yet.
            pass


def poll_all():
    """Stands still before it reads anything; then nothing but the logs, so that its rchar says how
    much of them it got."""
    os.kill(os.getpid(), signal.SIGSTOP)
    followed = [Followed(log(name)) for name in LOGS]
    while True:
        for one in followed:
            one.poll()
        time.sleep(POLL_SECONDS)


def tail(name):
    """All that it reads of the log is in its output."""
    return subprocess.Popen(["tail", "-n", "+1", "-F", str(log(name))],
                            stdout=open(WORK / name, "wb"), stderr=open(WORK / f"{name}.err", "wb"))


def got(poller):
    """{target: bytes}"""
    return {"tail": sum((WORK / name).stat().st_size for name in LOGS),
            "poller": programs.io_of(poller).bytes}


def behind(poller):
    """How many of its bytes are counted nowhere, and under none of its logs."""
    known = programs.io_of(poller).bytes
    sums = endpoint.scrape().by(endpoint.TARGET_BYTES, "target")
    return max(0, known - sums["everything"]), max(0, known - sums["poller"])


def turn_logs(writer, poller, until):
    """How often all logs were turned. Tells when the poller's reads are first missing."""
    settings = WORK / "logrotate.conf"
    settings.write_text(SETTINGS.format(data=DATA, kept=KEPT, writer=writer))
    turns = 0
    while (left := until - time.time()) > 0:
        time.sleep(min(TURN_SECONDS, left))
        subprocess.run(["logrotate", "--force", "--state", str(WORK / "state"), str(settings)],
                       check=True)
        turns += 1
        checks.say(f"turn {turns}: {behind(poller)} bytes behind")
    return turns


def wait_for_steady_samples():
    """Prometheus takes some seconds to begin, and what was first read is not of the steady rate."""
    samples = 'min(count_over_time(vfswatch_target_read_bytes_total[1m]))'
    if not checks.until(lambda: int((prometheus.query(samples) or [(0, 0)])[0][1]) >= 3, 60):
        raise TimeoutError("Prometheus does not scrape")


def check_rates(check, begin, end, rates):
    """`rates` are what the readers got in that time: {target: bytes a second}"""
    for target, wanted in rates.items():
        series = f'vfswatch_target_read_bytes_total{{target="{target}"}}'
        # Up to the newest sample, for what comes after it Prometheus can only guess.
        newest = float(prometheus.query(f"timestamp({series})", end)[0][1])
        window = f"[{int(newest - begin)}s]"
        rate = float(prometheus.query(f"rate({series}{window})", newest)[0][1])
        check.true(f"{target} rate == what it got", abs(rate / wanted - 1) <= MAY_DIFFER,
                   f"{rate:.0f} B/s of {wanted:.0f} B/s over {window} ({rate / wanted - 1:+.2%})")
        rows = prometheus.query(
            f'resets(vfswatch_file_read_bytes_total{{target="{target}"}}{window})', newest)
        told = {labels["path"]: value for labels, value in rows}
        check.same(f"{target} resets of the logs' series",
                   {path: told.get(path) for path in map(str, map(log, LOGS))},
                   {str(log(name)): "0" for name in LOGS})
        check.equal(f"{target} resets of other series",
                    {path: value for path, value in told.items() if value != "0"}, {})


def at_end(process, name):
    """Has this `tail` read all of the file that has the log's name now?"""
    for descriptor in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        if os.readlink(descriptor) == str(log(name)):
            text = pathlib.Path(f"/proc/{process.pid}/fdinfo/{descriptor.name}").read_text()
            return int(POSITION.search(text)[1]) == log(name).stat().st_size
    return False


def check_sums(check, poller, tails):
    """Nobody writes any more. What polls is stopped, for it would go on asking."""
    os.kill(poller, signal.SIGSTOP)
    ended = checks.until(lambda: all(map(at_end, tails, LOGS)), 30)
    check.true("tail read to the logs' ends", ended)

    def look():
        page = endpoint.scrape()
        bytes_got = got(poller)
        totals = page.by(endpoint.TARGET_BYTES, "target")
        return page, totals, bytes_got | {"everything": bytes_got["poller"]}

    checks.until(lambda: (seen := look())[1] == seen[2], 30)
    page, totals, wanted = look()
    check.same("targets' totals == what the readers got", totals, wanted)
    calls = programs.io_of(poller).calls
    check.same("poller's calls", page.by(endpoint.TARGET_CALLS, "target", target="poller") |
               page.by(endpoint.TARGET_CALLS, "target", target="everything"),
               {"poller": calls, "everything": calls})
    if totals != wanted:
        checks.say(str(page.files(target="everything")))
    files = page.by(endpoint.FILE_BYTES, "path", target="tail")
    for name in LOGS:
        check.equal(f"tail {name} log, under all its names, == its output",
                    sum(count for path, count in files.items() if path.startswith(str(log(name)))),
                    (WORK / name).stat().st_size)
        check.true(f"tail {name} log under its own name", files.get(str(log(name)), 0) > 0, files)
    check.equal("poller files == total", page.sum(endpoint.FILE_BYTES, target="poller"),
                wanted["poller"])
    check.equal("lost", page.losses(), {})


def body(check):
    for folder in (DATA, WORK):
        folder.mkdir()
    for name in LOGS:
        log(name).touch()
    poller = fork(poll_all)
    os.waitid(os.P_PID, poller, os.WSTOPPED | os.WEXITED)
    paths = {"include": [f"{DATA}/**"]}
    daemon.start({"targets": [{"name": "tail", "processes": {"comms": ["tail"]}, "paths": paths},
                              {"name": "poller", "processes": {"pids": [poller]}, "paths": paths},
                              {"name": "everything", "processes": {"pids": [poller]},
                               "file_types": daemon.ALL_TYPES}]})
    server = prometheus.start(WORK, SCRAPE_SECONDS)
    writer = fork(write_steadily)
    tails = [tail(name) for name in LOGS]
    os.kill(poller, signal.SIGCONT)
    scrapes = scraper.Scraper(SCRAPE_SECONDS)
    wait_for_steady_samples()
    begin, before = time.time(), got(poller)
    checks.say(f"the beginning: {behind(poller)} bytes behind")
    turns = turn_logs(writer, poller, begin + SECONDS)
    end, after = time.time(), got(poller)
    check_rates(check, begin, end, {name: (after[name] - before[name]) / (end - begin)
                                    for name in before})
    check.true("logs were turned", turns >= SECONDS / TURN_SECONDS / 2, f"{turns} times")
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    check_sums(check, poller, tails)
    scrapes.end_and_check(check, "all series:", SECONDS / 2)
    for process in (*tails, server):
        process.kill()
        process.wait()
    os.kill(poller, signal.SIGKILL)
    daemon.stop()


checks.run("rotation", body)
