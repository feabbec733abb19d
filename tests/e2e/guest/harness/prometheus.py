# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus that scrapes the daemon."""
import json
import subprocess
import urllib.parse

from harness import checks, endpoint

PORT = 9090
JOBS = [{"job_name": "vfswatchd", "static_configs": [{"targets": ["127.0.0.1:9974"]}]}]


def start(folder, scrape_seconds, jobs=None, rules=()):
    """Keeps what it needs in `folder`; returns the process when it answers."""
    every = f"{scrape_seconds}s"
    (folder / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": list(rules), "scrape_configs": jobs or JOBS}))
    process = subprocess.Popen(
        ["prometheus", f"--config.file={folder}/prometheus.yml",
         f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{PORT}"],
        stdout=subprocess.DEVNULL, stderr=open(folder / "prometheus.log", "wb"))

    def ready():
        try:
            return endpoint.get("/-/ready", port=PORT).status == 200
        except OSError:
            return False

    if not checks.until(ready, 180, 1):
        raise TimeoutError((folder / "prometheus.log").read_text()[-2000:])
    return process


def query(text, at=None):
    """[(labels, value)] as Prometheus answers."""
    words = {"query": text, **({"time": at} if at else {})}
    answer = endpoint.get(f"/api/v1/query?{urllib.parse.urlencode(words)}", port=PORT)
    told = json.loads(answer.body)
    if told["status"] != "success":
        raise ValueError(told)
    return [(row["metric"], row["value"][1]) for row in told["data"]["result"]]
