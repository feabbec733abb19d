# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes for two minutes, or one: what it stores is what was read."""
import json
import os
import pathlib
import subprocess
import sys
import time

from harness import checks, daemon, endpoint, programs, prometheus

DATA = pathlib.Path("/srv/prom")
SECONDS = 120 if "--long" in sys.argv else 80
SCRAPE_SECONDS = 2
RATE_MAY_DIFFER = 0.02
# One read each 10 ms.
BYTES, INTERVAL_NS = 4000, 10_000_000
NAMES = [b'quote"d', b"back\\slash", b"new\nline", b"byte\xff", b"byte\\xff", b"byte\\\\xff",
         b"tab\t", b"rubout\x7f", "ä".encode() * 127 + b"x", "ä".encode() * 126 + b"xyz",
         "\U0001f600".encode(), b"\xc3", b"\xed\xa0\x80", b"plain", b"{a=\"b\"}", b"a,b"]


def label_of(name):
    """How a name is shown: not valid UTF-8, control characters and backslashes escaped."""
    text = ""
    for character in name.decode(errors="surrogateescape"):
        code = ord(character)
        if 0xdc80 <= code <= 0xdcff:
            text += f"\\x{code - 0xdc00:02x}"
        elif code < 0x20 or code == 0x7f:
            text += f"\\x{code:02x}"
        else:
            text += "\\\\" if character == "\\" else character
    return text


def counters():
    """The families of ours that Prometheus holds and that may only grow."""
    answer = endpoint.get("/api/v1/label/__name__/values", port=prometheus.PORT)
    return [name for name in json.loads(answer.body)["data"]
            if name.startswith("vfswatch_") and name.endswith("_total")]


def read_names():
    """Each name a different number of times, so that two that were merged would show."""
    for times, name in enumerate(NAMES, start=1):
        with open(bytes(DATA / "names") + b"/" + name, "rb", buffering=0) as file:
            for _ in range(times):
                os.pread(file.fileno(), 10, 0)


def check_rate(check, end):
    path = f'path="{DATA}/steady"'
    wanted = BYTES * 1_000_000_000 / INTERVAL_NS
    for window in ("30s", "1m"):
        rates = prometheus.query(f"rate(vfswatch_file_read_bytes_total{{{path}}}[{window}])", end)
        rate = float(rates[0][1]) if rates else 0.0
        check.true(f"rate over {window}", abs(rate / wanted - 1) <= RATE_MAY_DIFFER,
                   f"{rate:.0f} B/s of {wanted:.0f} B/s ({rate / wanted - 1:+.2%})")


def check_names(check, end):
    found = {labels["path"]: int(value) for labels, value in
             prometheus.query('vfswatch_file_read_calls_total{target="names"}', end)}
    wanted = {f"{DATA}/names/{label_of(name)}": times
              for times, name in enumerate(NAMES, start=1)}
    check.equal("names are all distinct", len(found), len(NAMES))
    check.same("names through the API", found, wanted)


def check_history(check, begin, end):
    seconds = int(end - begin)
    scrapes = int(prometheus.query(f"count_over_time(up[{seconds}s])", end)[0][1])
    least = int(prometheus.query(f"min_over_time(up[{seconds}s])", end)[0][1])
    check.true("up throughout", least == 1 and scrapes >= 0.9 * seconds / SCRAPE_SECONDS,
               f"{scrapes} scrapes in {seconds} s, the least `up` is {least}")
    # One family at a time: resets() drops the name, and without it many samples are alike.
    resets = {family: prometheus.query(f"resets({family}[{seconds}s])", end)
              for family in counters()}
    check.equal("counters never fall",
                [(family, row) for family, rows in resets.items() for row in rows if row[1] != "0"],
                [])
    looked_at = sum(map(len, resets.values()))
    check.true("counters looked at", looked_at > 2 * len(NAMES),
               f"{looked_at} of {len(resets)} families")
    series = int(prometheus.query("vfswatch_series", end)[0][1])
    samples = int(prometheus.query('count(vfswatch_file_read_bytes_total)', end)[0][1])
    check.equal("vfswatch_series", series, samples)


def body(check):
    (DATA / "names").mkdir(parents=True)
    (DATA / "steady").write_bytes(b"s" * BYTES)
    for name in NAMES:
        pathlib.Path(os.fsdecode(bytes(DATA / "names") + b"/" + name)).write_bytes(b"0123456789")
    daemon.start({"targets": [{"name": "steady", "paths": {"include": [f"{DATA}/steady"]}},
                              {"name": "names", "paths": {"include": [f"{DATA}/names"]}},
                              {"name": "everything", "labels": ["comm"]}]})
    server = prometheus.start(DATA, SCRAPE_SECONDS)
    checks.say("Prometheus is ready")
    reader = subprocess.Popen([programs.READERS, "-n", "1000000", "-b", str(BYTES), "-i",
                               str(INTERVAL_NS), f"{DATA}/steady"], stdout=subprocess.DEVNULL)
    read_names()
    # The first scrapes after the reader began are not of the constant rate yet.
    time.sleep(2 * SCRAPE_SECONDS)
    begin = time.time()
    while time.time() < begin + SECONDS:
        time.sleep(20)
        subprocess.run(["grep", "-rc", "x", "/usr/share/python3"], stdout=subprocess.DEVNULL,
                       check=False)
    end = time.time()
    reader.kill()
    reader.wait()
    check_history(check, begin, end)
    check_rate(check, end)
    check_names(check, end)
    server.terminate()
    server.wait()


checks.run("prometheus", body)
