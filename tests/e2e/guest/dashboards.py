# SPDX-License-Identifier: Apache-2.0
"""Every panel, rule and alert is asked of a real Prometheus behind a real workload, and the overview
is drawn of what it answers. `vfswatchctl top` shows the same reads in a terminal."""
import os
import pathlib
import subprocess
import threading
import time

from harness import checks, daemon, endpoint, programs, prometheus

PACKAGED = pathlib.Path("/opt/vfswatchd")
RULES = pathlib.Path("/usr/share/vfswatchd/prometheus")
DATA = pathlib.Path("/srv/dashboards")
FILES, SCRAPE_SECONDS, WORK_SECONDS = 12, 5, 100
TOP_ROWS, TOP_SECONDS = 24, 5
PICTURES = pathlib.Path("/srv/pictures")
CONFIG = {"web_config_file": "web.yaml", "targets": [
    {"name": "data", "paths": {"include": [f"{DATA}/**"]}, "labels": ["comm", "pid", "call"],
     "latency": True, "file_types": ["regular", "directory"]},
    {"name": "system", "labels": ["comm", "unit"], "max_files": 40},
    {"name": "sampled", "paths": {"include": [f"{DATA}/file1"]}, "labels": ["container", "uid"],
     "snippets": {"sample": "1/10", "rate": "5/s"}}]}
# What this guest does not have: nothing here runs in a pod or a container, and none of the busiest
# files fails.
EMPTY = ["Calls by container", "Calls by pod", "Busiest files C"]


def work(told):
    """Readers of several kinds, some of which fail or find the end."""
    files = [str(DATA / f"file{number}") for number in range(FILES)]
    readers = [subprocess.Popen([programs.READERS, "-n", "1000000", "-b", "4096", "-i", "5000000",
                                 *files], stdout=subprocess.DEVNULL)]
    while not told.wait(0.5):
        subprocess.run(["grep", "-rc", "x", str(DATA), "/etc"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        # The folder cannot be read.
        subprocess.run(["cat", str(DATA / "folder"), *files], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
    for reader in readers:
        reader.kill()
        reader.wait()


def ask(*words):
    return daemon.command("python3", "-B", *map(str, words))


class Terminal:
    """One of tmux's, in which `vfswatchctl top` runs as for a person."""

    def __init__(self, columns):
        self.name = f"top{columns}"
        self.status = pathlib.Path(f"/run/{self.name}")
        self.tmux("new-session", "-d", "-s", self.name, "-x", str(columns), "-y", str(TOP_ROWS),
                  f"vfswatchctl top; echo $? >{self.status}")

    def tmux(self, *words):
        return daemon.command("tmux", "-u", *words, env={**os.environ, "LC_ALL": "C.UTF-8"})[1]

    def shown(self):
        return self.tmux("capture-pane", "-p", "-t", self.name)

    def press(self, key):
        self.tmux("send-keys", "-t", self.name, key)

    def ended(self):
        return self.status.exists() and self.status.read_text().strip()


def check_top(check, columns):
    terminal = Terminal(columns)
    wanted = ("*BYTES/s", "data", "file")
    check.true(f"top at {columns} columns shows what is read",
               checks.until(lambda: all(word in terminal.shown() for word in wanted), 60),
               terminal.shown())
    # The second table is of a whole interval.
    time.sleep(TOP_SECONDS)
    text = terminal.shown()
    (PICTURES / f"top-{columns}.txt").write_text(text)
    print(text)
    if columns >= 200:
        check.true("there nothing is cut", "…" not in text, text)
    terminal.press("c")
    check.true(f"top at {columns} columns sorts by calls",
               checks.until(lambda: "*CALLS/s" in terminal.shown(), 30), terminal.shown())
    terminal.press("q")
    check.true(f"top at {columns} columns quits with 0",
               checks.until(lambda: terminal.ended() == "0", 30), terminal.ended())


def body(check):
    DATA.mkdir(parents=True)
    PICTURES.mkdir()
    (DATA / "folder").mkdir()
    for number in range(FILES):
        (DATA / f"file{number}").write_bytes(b"x" * 4096 * (number + 1))
    web = daemon.CONFIG.parent / "web.yaml"
    web.parent.mkdir(parents=True, exist_ok=True)
    web.write_text("http_server_config: {http2: false}\n")
    daemon.command("sysctl", "-q", "kernel.bpf_stats_enabled=1")
    daemon.start(CONFIG)
    server = prometheus.start(DATA.parent / "pictures", SCRAPE_SECONDS, rules=[
        str(RULES / name) for name in ("rules.yaml", "alerts.yaml")])
    told = threading.Event()
    worker = threading.Thread(target=work, args=(told,))
    worker.start()
    time.sleep(WORK_SECONDS)
    url = f"http://127.0.0.1:{prometheus.PORT}"
    may_be_empty = [word for title in EMPTY for word in ("--may-be-empty", title)]
    status, text = ask(PACKAGED / "tests/check/dashboards_live.py", url, "--range", WORK_SECONDS,
                       "--rate-interval", 4 * SCRAPE_SECONDS, *may_be_empty)
    print(text)
    check.equal("every panel and rule has data", status, 0)
    for name in ("overview", "file", "health"):
        status, text = ask(PACKAGED / "tests/check/draw_dashboard.py", url, name,
                           PICTURES / f"{name}.svg", "--range", WORK_SECONDS, "--rate-interval",
                           4 * SCRAPE_SECONDS)
        check.equal(f"{name} can be drawn", status, 0 if "panels" in text else text)
    for columns in (80, 200):
        check_top(check, columns)
    check.equal("the page takes part", endpoint.get("/").status, 200)
    told.set()
    worker.join()
    server.terminate()
    server.wait()
    daemon.stop()


checks.run("dashboards", body)
