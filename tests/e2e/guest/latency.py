# SPDX-License-Identifier: Apache-2.0
"""How long a target's reads took: as many as were made, and as long as the reader itself found."""
import json
import os
import pathlib
import subprocess
import sys
import time

from harness import checks, daemon, endpoint, programs

DATA = pathlib.Path("/srv/latency")
HISTOGRAM = "vfswatch_target_read_duration_seconds"
READERS, READS, BYTES = 2, 600, 3000
WRITES = 60
WRITE_EVERY_SECONDS = 0.05
# The buckets around it end at these; a busy machine may wake the reader late.
BEGIN, END = 0.032768, 0.131072
NEARLY_ALL = 0.8


def make_files():
    for folder in ("files", "plain"):
        (DATA / folder).mkdir(parents=True)
        for i in range(READERS * 2):
            (DATA / folder / f"file{i}").write_bytes(os.urandom(20_000 + 1000 * i))
    os.mkfifo(DATA / "fifo")
    os.mkfifo(DATA / "plain/fifo")


def histogram(page, target):
    """([(end of the bucket, cumulated count)], sum, count)"""
    buckets = [(float(labels["le"]), value) for labels, value in
               page.samples(f"{HISTOGRAM}_bucket", target=target)]
    return buckets, page.sum(f"{HISTOGRAM}_sum", target=target), page.sum(f"{HISTOGRAM}_count",
                                                                         target=target)


def read_files(folder, calls):
    """What `readers` counted itself, {path: (bytes, calls)}."""
    done = subprocess.run(
        [programs.READERS, "-t", str(READERS), "-n", str(READS), "-b", str(BYTES), "-c", calls,
         *(f"{DATA}/{folder}/file{i}" for i in range(READERS * 2))],
        stdout=subprocess.PIPE, check=True, text=True)
    rows = (line.rsplit(" ", 2) for line in done.stdout.splitlines())
    return {path: (int(count), int(calls)) for path, count, calls in rows}


def read_fifo(path):
    """Body of the process that reads: how long each read took, by its own clock."""
    with open(path, "rb", buffering=0) as fifo:
        took = []
        while True:
            begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            got = os.read(fifo.fileno(), 100)
            took.append((time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begin) / 1e9)
            if not got:
                return took


def feed_fifo(path):
    """[seconds] of the reads of another process, fed now and then."""
    reader = subprocess.Popen([sys.executable, "-B", __file__, "read", path],
                              stdout=subprocess.PIPE, text=True)
    with open(path, "wb", buffering=0) as fifo:
        for _ in range(WRITES):
            time.sleep(WRITE_EVERY_SECONDS)
            fifo.write(b"12345")
    took = json.loads(reader.communicate()[0])
    return took


def check_shape(check, name, buckets, count):
    ends, values = [end for end, _ in buckets], [value for _, value in buckets]
    if not check.true(f"{name} buckets rise", len(buckets) > 10 and ends == sorted(set(ends)),
                      f"{len(buckets)} from {ends[:1]}"):
        return
    check.equal(f"{name} buckets are cumulative", values, sorted(values))
    check.equal(f"{name} the last bucket has no end and is _count", (str(ends[-1]), values[-1]),
                ("inf", count))


def check_count(check):
    """Calls of every kind, those that find the end of the file among them."""
    made = read_files("files", "rpvwsc")
    check.same("files as they were made", endpoint.until_equal(
        lambda: endpoint.scrape().files(target="files"), made), made)
    calls = sum(amount[1] for amount in made.values())
    endpoint.until_equal(lambda: histogram(endpoint.scrape(), "files")[2], calls)
    buckets, total, count = histogram(endpoint.scrape(), "files")
    check.equal("files _count == calls made", count, calls)
    check_shape(check, "files", buckets, count)
    check.true("files _sum", 0 < total < 600, total)


def check_time(check):
    took = feed_fifo(f"{DATA}/fifo")
    endpoint.until_equal(lambda: histogram(endpoint.scrape(), "fifo")[2], len(took))
    buckets, total, count = histogram(endpoint.scrape(), "fifo")
    check.equal("fifo _count == reads made", count, len(took))
    check_shape(check, "fifo", buckets, count)
    cumulated = dict(buckets)
    check.true("fifo bounds", BEGIN in cumulated and END in cumulated)
    within = cumulated.get(END, 0) - cumulated.get(BEGIN, 0)
    check.true(f"fifo reads of {BEGIN} to {END} s", within >= NEARLY_ALL * WRITES,
               f"{within} of {count}; by their own clock "
               f"{sum(BEGIN < seconds <= END for seconds in took)}")
    check.true("fifo _sum is what the reader's clock says",
               0.8 * sum(took) <= total <= 2 * sum(took), f"{total} s, {sum(took)} s by its clock")


def check_without(check):
    """A target that does not ask has no durations, whatever the others do."""
    made = read_files("plain", "rp")
    feed_fifo(f"{DATA}/plain/fifo")
    made[f"{DATA}/plain/fifo"] = (5 * WRITES, WRITES + 1)
    seen = endpoint.until_equal(lambda: endpoint.scrape().files(target="plain"), made)
    check.same("plain is counted", seen, made)
    page = endpoint.scrape()
    check.equal("plain has no such family", [name for name in page.families if HISTOGRAM in name
                                             and page.samples(name, target="plain")], [])
    daemon.start({"targets": [{"name": "plain", "paths": {"include": [f"{DATA}/plain/**"]}}]})
    text = endpoint.get().body.decode()
    check.true("nobody asks: no such family", HISTOGRAM not in text)


def check_page(check):
    text = endpoint.get().body
    check.equal("the family is a histogram", text.decode().count(f"# TYPE {HISTOGRAM} histogram\n"),
                1)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check.equal("promtool check metrics", (done.returncode, done.stdout), (0, b""))


def body(check):
    make_files()
    types = ["regular", "fifo"]
    daemon.start({"targets": [
        {"name": "files", "paths": {"include": [f"{DATA}/files/**"]}, "latency": True},
        {"name": "fifo", "paths": {"include": [f"{DATA}/fifo"]}, "file_types": types,
         "latency": True},
        {"name": "plain", "paths": {"include": [f"{DATA}/plain/**"]}, "file_types": types}]})
    check_count(check)
    checks.say("count is done")
    check_time(check)
    checks.say("time is done")
    check_page(check)
    check.equal("lost", endpoint.scrape().losses(), {})
    check_without(check)


if sys.argv[1:2] == ["read"]:
    print(json.dumps(read_fifo(sys.argv[2])))
else:
    checks.run("latency", body)
