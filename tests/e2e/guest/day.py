# SPDX-License-Identifier: Apache-2.0
"""A day in fast motion: restarts, reloads, new certificates, and all the while scrapes over TLS.
No scrape fails, every read is counted, and what the daemon holds stays as it was."""
import os
import pathlib
import signal
import sys
import threading
import time

from harness import certificates, checks, daemon, endpoint, programs, size, steady, web

LONG = "--long" in sys.argv
HOURS = 24 if LONG else 8
RESTARTS, RELOADS, CERTIFICATES, SCRAPES = (100, 1000, 50, 100_000) if LONG else (2, 8, 3, 500)
DATA = pathlib.Path("/srv/day")
FILES, BYTES, PAUSE_NS = 20, 100, 20_000_000
BEGINS_SECONDS, STANDS_SECONDS, SEEN_SECONDS = 2, 1, 60


class Scraper(threading.Thread):
    """Scrapes without a pause until it is told to stop, and at least so often."""

    def __init__(self, tls, least):
        super().__init__()
        self.client = web.Client(tls)
        self.least = least
        self.told = threading.Event()
        self.scrapes, self.failures, self.falls, self.calls = 0, [], [], 0

    def run(self):
        while not self.told.is_set() or self.scrapes < self.least:
            self.scrapes += 1
            # Now and then as a client that comes for the first time.
            if self.scrapes % 50 == 0:
                self.client.close()
            try:
                self.look(self.client.get())
            except OSError as error:
                self.failures.append(f"{self.scrapes}: {error!r}")

    def look(self, answer):
        if answer.status != 200:
            self.failures.append(f"{self.scrapes}: {answer.status} {answer.body[:100]!r}")
            return
        line = next(line for line in answer.body.decode().splitlines()
                    if line.startswith(f'{endpoint.TARGET_CALLS}{{target="day"}} '))
        calls = int(line.split()[-1])
        if calls < self.calls:
            self.falls.append(f"{self.scrapes}: {self.calls}, then {calls}")
        self.calls = calls


def config(number):
    """The same target at other places, beside one that comes and goes."""
    targets = [{"name": "day", "paths": {"include": [f"{DATA}/**"]}},
               {"name": f"hour{number}", "paths": {"include": [f"/srv/hour{number}/**"]}}]
    return {"web_config_file": str(web.FILE), "targets": targets[::-1] if number % 2 else targets}


def make_files():
    DATA.mkdir(parents=True)
    files = [DATA / f"file{number}" for number in range(FILES)]
    for file in files:
        file.write_bytes(b"x" * BYTES)
    return list(map(str, files))


class Reader:
    """Reads at a steady pace, and stands still while it is looked at."""

    def __init__(self, files):
        self.process = programs.Stopped([programs.READERS, "-n", "1000000000", "-b", str(BYTES),
                                         "-i", str(PAUSE_NS), *files], "/srv/day.out")
        self.process.go()
        time.sleep(BEGINS_SECONDS)

    def stands(self):
        """(bytes, calls) by the kernel's own books."""
        os.kill(self.process.pid, signal.SIGSTOP)
        time.sleep(STANDS_SECONDS)
        return tuple(programs.io_of(self.process.pid))

    def goes_on(self):
        os.kill(self.process.pid, signal.SIGCONT)


def counted(tls):
    return steady.totals(endpoint.Page(web.Client(tls).get().body.decode()), "day")


def grown(before, after):
    return tuple(then - now for now, then in zip(before, after))


class Day:
    """What happens in it, spread evenly, and how large the daemon is at each hour's end."""

    def __init__(self, authority, client):
        self.authority, self.client = authority, client
        self.done = {"restarts": 0, "reloads": 0, "certificates": 0}
        self.sizes = []

    def run(self):
        steps = {self.restart: RESTARTS, self.reload: RELOADS, self.replace: CERTIFICATES}
        done = dict.fromkeys(steps, 0)
        for hour in range(1, HOURS + 1):
            for step, times in steps.items():
                while done[step] * HOURS < times * hour:
                    step()
                    done[step] += 1
            self.sizes.append(size.now())
            checks.say(f"hour {hour}: {self.done}, {self.sizes[-1]}")

    def restart(self):
        self.done["restarts"] += 1
        daemon.restart()

    def reload(self):
        self.done["reloads"] += 1
        daemon.configure(config(self.done["reloads"]))
        daemon.systemctl("reload", daemon.UNIT)

    def replace(self):
        """Returns when who comes anew is shown the new one."""
        self.done["certificates"] += 1
        before = self.shown()
        web.install(*self.authority.issue(f"server{self.done['certificates']}", web.NAMES))
        if not checks.until(lambda: self.shown() != before, SEEN_SECONDS):
            raise TimeoutError("the new certificate is not shown")

    def shown(self):
        self.client.close()
        self.client.get("/healthz")
        return self.client.certificate()


def body(check):
    authority = certificates.Authority("/srv/certificates", "authority")
    web.install(*authority.issue("server", web.NAMES))
    web.configure({"tls_server_config": web.server_settings()})
    files = make_files()
    daemon.start(config(0))
    tls = web.context(authority)
    reader = Reader(files)
    before = reader.stands(), counted(tls)
    reader.goes_on()
    scraper = Scraper(tls, SCRAPES)
    scraper.start()
    day = Day(authority, web.Client(tls))
    begin = time.monotonic()
    try:
        day.run()
    finally:
        scraper.told.set()
        scraper.join()
    checks.say(f"{day.done}, {scraper.scrapes} scrapes in {time.monotonic() - begin:.0f} s")
    check.equal("all of it", day.done,
                {"restarts": RESTARTS, "reloads": RELOADS, "certificates": CERTIFICATES})
    wanted = grown(before[0], reader.stands())
    check.equal("bytes and calls == growth of rchar and syscr", endpoint.until_equal(
        lambda: grown(before[1], counted(tls)), wanted), wanted)
    reader.process.end(signal.SIGKILL)
    check.true("scrapes", scraper.scrapes >= SCRAPES, scraper.scrapes)
    check.equal("scrapes that failed", scraper.failures[:5], [])
    check.equal("scrapes that showed less than one before", scraper.falls[:5], [])
    # The first hours fill the heap.
    size.check_flat(check, "day", day.sizes[HOURS // 4:])
    daemon.stop()


checks.run("day", body)
