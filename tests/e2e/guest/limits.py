# SPDX-License-Identifier: Apache-2.0
"""At the ceilings nothing is lost: what has no series of its own is in the overflow counters; and
the memory that --check-config predicts is what the kernel then takes."""
import os
import pathlib
import re
import subprocess

from harness import checks, daemon, endpoint

FILES = 500
DATA = pathlib.Path("/srv/full")
TARGETS = [{"name": "full", "paths": {"include": ["/srv/full/**"]}},
           {"name": "one", "paths": {"include": ["/srv/one"]}}]
PREDICTION_MAY_DIFFER = 0.10
# What the service's memory cgroup is charged with beside its maps: programs, stacks, sockets.
OTHER_KERNEL_BYTES = 1 << 20
# Before 6.4 the kernel tells of a map only (key + value) * entries.
TELLS_MAP_MEMORY = (6, 4)


def make_files():
    sizes = {}
    DATA.mkdir(parents=True)
    for i in range(FILES):
        path = DATA / f"file{i:03}"
        path.write_bytes(b"x" * (100 + 7 * i))
        sizes[str(path)] = 100 + 7 * i
    pathlib.Path("/srv/one").write_bytes(b"y" * 1000)
    return sizes


def read_all(sizes, times):
    for _ in range(times):
        subprocess.run(["cat", *sizes], stdout=subprocess.DEVNULL, check=True)


def check_ceiling(check, name, limits, reason, ceiling, sizes):
    """Reads all files twice, in two processes, under a ceiling of fewer files."""
    daemon.start({"limits": limits, "targets": TARGETS})
    read_all({"/srv/one": 1000}, 3)
    read_all(sizes, 2)
    known = 2 * sum(sizes.values())
    endpoint.until_equal(lambda: endpoint.scrape().sum(endpoint.TARGET_BYTES, target="full"), known)
    read_all({"/srv/one": 1000}, 4)
    endpoint.until_equal(lambda: endpoint.scrape().sum(endpoint.FILE_BYTES, target="one"), 7000)
    page = endpoint.scrape()
    files = page.by(endpoint.FILE_BYTES, "path", target="full")
    over = page.sum(endpoint.OVERFLOW_BYTES, target="full", reason=reason)
    check.equal(f"{name} target's total", page.sum(endpoint.TARGET_BYTES, target="full"), known)
    # cat asks until the end of the file, so two calls each time.
    check.equal(f"{name} target's calls", page.sum(endpoint.TARGET_CALLS, target="full"),
                2 * 2 * FILES)
    check.equal(f"{name} files + overflow == total", sum(files.values()) + over, known)
    check.equal(f"{name} calls of files + overflow",
                page.sum(endpoint.FILE_CALLS, target="full") +
                page.sum(endpoint.OVERFLOW_CALLS, target="full", reason=reason), 2 * 2 * FILES)
    check.same(f"{name} bytes of the files that have a series", files,
               {path: 2 * sizes[path] for path in files})
    check.true(f"{name} overflow says how much", over > 0, over)
    series = len(page.samples(endpoint.FILE_BYTES))
    check.equal(f"{name} series", (series, page.sum("vfswatch_series")), (ceiling, ceiling))
    # Its file came first, so it has its series.
    check.equal(f"{name} the other target's file", page.files(target="one"), {"/srv/one": (7000, 14)})
    others = {key: value for key, value in page.losses().items()
              if not (f"'{reason}'" in key and "'full'" in key)}
    check.equal(f"{name} nothing else lost", others, {})


def check_prediction(check, name, config):
    daemon.configure(config)
    status, text = daemon.command("runuser", "-u", "nobody", "--", "vfswatchd", "--check-config")
    check.equal(f"{name} --check-config as an ordinary user", status, 0)
    daemon.start(config)
    predicted = int(re.search(r"^kernel memory: (\d+) bytes", text, re.MULTILINE)[1])
    taken = charged_bytes()
    check.true(f"{name} prediction == what the cgroup is charged with",
               abs(predicted - taken) <= PREDICTION_MAY_DIFFER * predicted + OTHER_KERNEL_BYTES,
               f"{predicted} B predicted, {taken} B charged ({predicted / taken - 1:+.1%})")
    if tuple(map(int, os.uname().release.split(".")[:2])) < TELLS_MAP_MEMORY:
        checks.say(f"SKIP {name} prediction == vfswatch_map_memory_bytes: the kernel does not tell")
        return
    told = endpoint.scrape().sum("vfswatch_map_memory_bytes")
    check.true(f"{name} prediction == vfswatch_map_memory_bytes",
               abs(predicted - told) <= PREDICTION_MAY_DIFFER * told,
               f"{predicted} B predicted, {told} B told ({predicted / told - 1:+.1%})")


def charged_bytes():
    """Kernel memory of the running daemon, as its memory cgroup has it."""
    text = pathlib.Path(f"/sys/fs/cgroup{daemon.shown('ControlGroup')}/memory.stat").read_text()
    return int(re.search(r"^kernel (\d+)$", text, re.MULTILINE)[1])


def body(check):
    sizes = make_files()
    check_ceiling(check, "max_files", {"max_files": 64}, "map_full", 64, sizes)
    checks.say("max_files is done")
    check_ceiling(check, "max_series", {"max_series": 50}, "series_limit", 50, sizes)
    checks.say("max_series is done")
    check_prediction(check, "defaults", {"targets": TARGETS})
    check_prediction(check, "small", {"limits": {"max_files": 1000, "max_tasks": 500},
                                      "targets": TARGETS})
    many = [{"name": f"t{i}", "paths": {"include": [f"/srv/{i}/**/*.log", f"/var/t{i}"]},
             "processes": {"pids": [1, 1000 + i]}} for i in range(40)]
    check_prediction(check, "forty targets", {"limits": {"max_files": 200000}, "targets": many})


checks.run("limits", body)
