#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""dashboards_live_test.py [FILES]: do all panels get data from a Prometheus with a full page?

The page is made from the catalogue: each metric with each of its labels, counters that grow, FILES
files of two targets. A path that nobody reads must be found out as panels without series, but for
those that may be empty."""
import http.server
import itertools
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from grafana_panels import catalogue

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECONDS = 90  # for Prometheus to start, scrape and evaluate
# Values of the labels that are not a file's.
LABELS = {"target": ["postgres", "web"], "errno": ["EAGAIN", "EIO"], "reason": ["series_limit"],
          "role": ["accounting"], "function": ["vfs_read", "vfs_readv"], "method": ["lsm"],
          "map": ["sums", "runs"], "outcome": ["written", "queue_full"]}
COMMS = ["postgres", "nginx", "grep", "cp", "tar"]
CALLS = ["read", "pread64", "readv"]
BUCKETS = ["1e-06", "0.000128", "0.016384", "+Inf"]
GAUGES = {"vfswatch_series_limit": 20000, "vfswatch_map_capacity": 65536,
          "vfswatch_map_memory_bytes": 5242880}
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [rules.yaml, alerts.yaml]
scrape_configs:
  - job_name: vfswatchd
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


def main(arguments):
    if shutil.which("prometheus") is None:
        print("SKIP: prometheus is not installed (Debian package prometheus)")
        return 77
    with Endpoint(int(arguments[0]) if arguments else 100) as port, Prometheus(port) as url:
        end = time.monotonic() + SECONDS
        done = look(url)
        while done.returncode != 0 and time.monotonic() < end:
            time.sleep(1)
            done = look(url)
        print(done.stdout, end="")
        nobody = look(url, "--path", "/nobody/reads/this", "--may-be-empty", "Calls by process")
    if nobody.returncode != 1 or "no series: file: Readers A" not in nobody.stdout or \
            "Calls by process A" in nobody.stdout:
        print(f"panels without data were not found out:\n{nobody.stdout}")
        return 1
    return done.returncode


def look(url, *options):
    return subprocess.run([HERE / "dashboards_live.py", url, "--range", "10",
                           "--rate-interval", "5", *options], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


class Endpoint:
    """Serves the page; its counters grow with the time since it began."""

    def __init__(self, files):
        self._templates = list(templates(files))
        self._begin = time.time()

    def page(self):
        now = time.time()
        return "".join(f"{series} {self._value(kind, weight, now)}\n"
                       for series, kind, weight in self._templates)

    def _value(self, kind, weight, now):
        if kind == "since":
            return self._begin
        return weight if kind == "gauge" else int(weight * (1 + now - self._begin))

    def __enter__(self):
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = endpoint.page().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self._server.server_address[1]

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def templates(files):
    """(series, kind, weight) of each: the weight is a gauge's value, or a counter's growth."""
    for name, (kind, labels) in catalogue(ROOT).items():
        if name.startswith("vfswatch_file_"):
            # Of a hundred reads one fails and two find the end of the file.
            weight = {"bytes": 100 * 4096, "calls": 100, "errors": 1, "eofs": 2}[name.split("_")[3]]
            for i in range(files):
                yield name + text_of(labels_of_file(i, labels)), kind, weight * (1 + i % 7)
            continue
        values = [LABELS.get(label, [f"a {label}"]) for label in labels]
        for number, combination in enumerate(itertools.product(*values), start=1):
            found = dict(zip(labels, combination))
            if kind == "histogram":
                for place, end in enumerate(BUCKETS, start=1):
                    yield f"{name}_bucket{text_of({**found, 'le': end})}", "counter", 25 * place
                yield f"{name}_sum{text_of(found)}", "counter", 1
                yield f"{name}_count{text_of(found)}", "counter", 100
            elif name.endswith(("start_time_seconds", "timestamp_seconds")):
                yield name + text_of(found), "since", 0
            else:
                yield name + text_of(found), kind, GAUGES.get(name, number)


def labels_of_file(number, labels):
    values = {"target": LABELS["target"][number % 2], "path": f"/srv/data/file {number}",
              "comm": COMMS[number % len(COMMS)], "call": CALLS[number % len(CALLS)]}
    names = [label.strip("[]") for label in labels]
    return {name: values.get(name, f"{name} {number % 50}") for name in names}


def text_of(labels):
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


class Prometheus:
    """Scrapes that port each second, and evaluates the rules as often."""

    def __init__(self, port):
        self._port = port

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        (folder / "prometheus.yml").write_text(CONFIG.format(port=self._port))
        for name in ("rules.yaml", "alerts.yaml"):
            text = (ROOT / "packaging/prometheus" / name).read_text(encoding="utf-8")
            (folder / name).write_text(text.replace("interval: 1m", "interval: 1s"))
        with socket.create_server(("127.0.0.1", 0)) as unused:
            address = f"127.0.0.1:{unused.getsockname()[1]}"
        with open(folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml",
                 f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address={address}"],
                stdout=log, stderr=log)
        end = time.monotonic() + SECONDS
        while not answers(f"http://{address}/-/ready"):
            if self._process.poll() is not None or time.monotonic() > end:
                said = (folder / "log").read_text()[-2000:]
                self.__exit__()
                raise SystemExit(said)
            time.sleep(0.2)
        return f"http://{address}"

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
