# SPDX-License-Identifier: Apache-2.0
"""Files that nobody reads for a while leave the endpoint and come again, whether their readers hold
them open meanwhile or not: the totals never forget, nothing is counted twice, and what nobody holds
makes room in the kernel."""
import os
import pathlib
import signal
import threading
import time

from harness import checks, daemon, endpoint, watcher

DATA = pathlib.Path("/srv/idle")
IDLE_SECONDS = 2
REST_SECONDS = 3 * IDLE_SECONDS
# An emulated processor is slow.
LEAVES_SECONDS = 30
ROUNDS = 4
TASKS = 200
PASSING = 40
# A file each for the tasks and the two readers, and one round's passing files: the next round's
# find room only where the last one's were given back.
OTHERS = 8
MAX_FILES = TASKS + 2 + PASSING + OTHERS
BYTES = {"held": 1000, "opened": 700, "tasks": 30, "passing": 90}
# Whoever opens reads to the end.
CALLS = {"held": 1, "opened": 2, "tasks": 1, "passing": 2}
FILES = {"held": 1, "opened": 1, "tasks": TASKS, "passing": PASSING}
CONFIG = {"limits": {"idle_series_timeout": f"{IDLE_SECONDS}s", "max_files": MAX_FILES},
          "targets": [{"name": name, "paths": {"include": [f"{DATA}/{name}/**"]}}
                      for name in BYTES]}


def make_file(name, number):
    path = DATA / f"{name}/file{number:03}"
    path.write_bytes(bytes(BYTES[name]))
    return str(path)


def read_once(path):
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    while os.read(file, 4096):
        pass
    os.close(file)


class Reader:
    """A process that calls what `make` returns there, whenever it is told to `read`, and in between
    waits without a read of anything."""

    def __init__(self, make):
        self.answers, told = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        self.pid = os.fork()
        if self.pid == 0:
            try:
                read = make()
                while True:
                    signal.sigwait({signal.SIGUSR1})
                    read()
                    os.write(told, b"!")
            finally:
                os._exit(1)
        os.close(told)

    def read(self):
        os.kill(self.pid, signal.SIGUSR1)
        if os.read(self.answers, 1) != b"!":
            raise ChildProcessError("the reader ended")

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def holding(path):
    """Reads with one descriptor that is never closed."""
    def make():
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return lambda: os.pread(file, 4096, 0)

    return Reader(make)


def opening(path):
    return Reader(lambda: lambda: read_once(path))


def crowd(paths):
    """Threads that each hold a file of their own, the last that they read."""
    def make():
        turn = threading.Barrier(len(paths) + 1)

        def hold(path):
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            while True:
                turn.wait()
                os.pread(file, 4096, 0)
                turn.wait()

        def read():
            turn.wait()
            turn.wait()

        for path in paths:
            threading.Thread(target=hold, args=(path,), daemon=True).start()
        return read

    return Reader(make)


def one_read(name):
    return BYTES[name], CALLS[name]


def times(amount, count):
    return tuple(number * count for number in amount)


def totals(page):
    return {name: (page.sum(endpoint.TARGET_BYTES, target=name),
                   page.sum(endpoint.TARGET_CALLS, target=name)) for name in BYTES}


def after(rounds):
    return {name: times(one_read(name), rounds * FILES[name]) for name in BYTES}


def series(page):
    return [path for name in BYTES for path in page.files(target=name)]


def check_read(check, number):
    """All have read once more, a moment ago."""
    wanted, pages = after(number), []

    def look():
        pages.append(endpoint.scrape())
        return totals(pages[-1])

    endpoint.until_equal(look, wanted)
    page = pages[-1]
    check.same(f"round {number} totals", totals(page), wanted)
    for name in BYTES:
        # From 0, or from what was said before; either way the last read is there once.
        good = {one_read(name)} if name == "passing" else {
            one_read(name), times(one_read(name), number)}
        files = page.files(target=name)
        check.equal(f"round {number} {name} series", len(files), FILES[name])
        check.equal(f"round {number} {name} each says its reads",
                    {path: amount for path, amount in files.items() if amount not in good}, {})
    check.equal(f"round {number} lost", page.losses(), {})


def check_left(check, number):
    wanted = after(number)
    checks.until(lambda: not series(endpoint.scrape()), LEAVES_SECONDS)
    page = endpoint.scrape()
    check.equal(f"round {number} idle series", series(page), [])
    check.same(f"round {number} totals do not forget", totals(page), wanted)


def sum_places():
    return endpoint.scrape().samples("vfswatch_map_entries", map="sum_places")[0][1]


def check_reclaimed(check, name, most):
    checks.until(lambda: sum_places() <= most, LEAVES_SECONDS)
    left = sum_places()
    check.true(f"{name} sums were given back", left <= most, f"{left} left, {most} may be held")


def body(check):
    for name in BYTES:
        (DATA / name).mkdir(parents=True)
    readers = [holding(make_file("held", 0)), opening(make_file("opened", 0)),
               crowd([make_file("tasks", i) for i in range(TASKS)])]
    daemon.start(CONFIG)
    watch = watcher.Watcher(0.2, "/stay/")
    for number in range(1, ROUNDS + 1):
        begin = time.monotonic()
        for reader in readers:
            reader.read()
        for i in range(PASSING):
            read_once(make_file("passing", number * PASSING + i))
        check_read(check, number)
        check_left(check, number)
        check_reclaimed(check, f"round {number}", TASKS + 2 + OTHERS)
        time.sleep(max(0.0, begin + REST_SECONDS - time.monotonic()))
        checks.say(f"round {number} is done")
    for reader in readers:
        reader.end()
    check_reclaimed(check, "all tasks are gone:", OTHERS)
    check_left(check, ROUNDS)
    report = watch.end()
    check.equal("counters that fell in a scrape", report["falls"], [])
    check.true("series that came", report["lives"]["held"] == ROUNDS, report["lives"])
    daemon.stop()


checks.run("idle", body)
