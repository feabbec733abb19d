# SPDX-License-Identifier: Apache-2.0
"""A day in fast motion: restarts, reloads, new certificates, and all the while scrapes over TLS.
No scrape fails, every read is counted, and what the daemon holds stays as it was."""
import http.client
import subprocess
import sys
import threading
import time

from harness import certificates, checks, daemon, endpoint, paced, size, web

LONG = "--long" in sys.argv
HOURS = 24 if LONG else 8
# growth.py has the thousand reloads.
RESTARTS, RELOADS, CERTIFICATES, SCRAPES = (100, 24, 50, 100_000) if LONG else (2, 8, 3, 500)
BATCH = 99
SEEN_SECONDS = 60


class Scraper(threading.Thread):
    """Scrapes without a pause until it is told to stop, and at least so often: many times by curl,
    over one connection, then once by itself, to see that nothing fell."""

    def __init__(self, authority, least):
        super().__init__()
        self.client = web.Client(web.context(authority))
        self.words = ["curl", "-sS", "--cacert", str(authority.file), "-w",
                      "%{http_code}\\n"]
        self.least = least
        self.told = threading.Event()
        self.scrapes, self.failures, self.falls, self.calls = 0, [], [], 0

    def run(self):
        while not self.told.is_set() or self.scrapes < self.least:
            self.scrape_often()
            try:
                self.look(self.client.get())
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                self.client.close()
            self.scrapes += BATCH + 1

    def scrape_often(self):
        one = ["-o", "/dev/null", f"https://127.0.0.1:{endpoint.PORT}/metrics"]
        done = subprocess.run([*self.words, *(one * BATCH)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, text=True)
        if done.stdout != "200\n" * BATCH:
            self.failures.append(done.stdout.replace("200\n", "")[:500])

    def look(self, answer):
        if answer.status != 200:
            self.failures.append(f"{answer.status} {answer.body[:100]!r}")
            return
        line = next(line for line in answer.body.decode().splitlines()
                    if line.startswith(f'{endpoint.TARGET_CALLS}{{target="day"}} '))
        calls = int(line.split()[-1])
        if calls < self.calls:
            self.falls.append(f"{self.calls}, then {calls}")
        self.calls = calls


def config(number):
    """The same target at other places, beside one that comes and goes."""
    targets = [{"name": "day", "paths": {"include": [f"{paced.DATA}/**"]}},
               {"name": f"hour{number}", "paths": {"include": [f"/srv/hour{number}/**"]}}]
    return {"web_config_file": str(web.FILE), "targets": targets[::-1] if number % 2 else targets}


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
    daemon.drop_in(daemon.OFTEN)
    daemon.start(config(0))
    client = web.Client(web.context(authority))
    reader = paced.Paced(lambda: endpoint.Page(client.get().body.decode()), "day")
    scraper = Scraper(authority, SCRAPES)
    scraper.start()
    day = Day(authority, web.Client(web.context(authority)))
    begin = time.monotonic()
    try:
        day.run()
    finally:
        scraper.told.set()
        scraper.join()
    checks.say(f"{day.done}, {scraper.scrapes} scrapes in {time.monotonic() - begin:.0f} s")
    check.equal("all of it", day.done,
                {"restarts": RESTARTS, "reloads": RELOADS, "certificates": CERTIFICATES})
    reader.end_and_check(check)
    check.true("scrapes", scraper.scrapes >= SCRAPES, scraper.scrapes)
    check.equal("scrapes that failed", scraper.failures[:5], [])
    check.equal("scrapes that showed less than one before", scraper.falls[:5], [])
    # The first hours fill the heap.
    size.check_flat(check, "day", day.sizes[HOURS // 4:])
    daemon.stop()


checks.run("day", body)
