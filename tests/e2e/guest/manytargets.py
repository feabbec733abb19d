# SPDX-License-Identifier: Apache-2.0
"""As many targets as there can be, which want overlapping files of overlapping processes: each read
is counted once for each target that it belongs to. What belongs to whom is said here twice, as
config and as a condition on numbers, and the two must agree."""
import collections
import itertools
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys

from harness import checks, daemon, endpoint, programs

PROCESSES = 1000 if "--long" in sys.argv else 200
TARGETS = 64
FILES = 300
FILES_OF_ONE = 8
DATA = pathlib.Path("/srv/many")
ROOT = DATA / "files"
GROUP = pathlib.Path("/sys/fs/cgroup/many")
COMMS = ["alpha", "beta", "gamma", "delta"]
UIDS = [0, 2001, 2002, 2003]
GROUPS = ["", "a", "a/b", "c"]
# It waits where it can be given a cgroup, and targets can name its number.
GATED = 'kill -STOP $$; exec "$@"'

# wants: does it hold for this number of a file, or for this process?
Rule = collections.namedtuple("Rule", "config wants")
Process = collections.namedtuple("Process", "number comm uid group")

PATHS = [
    Rule({"include": [f"{ROOT}/**"]}, lambda n: True),
    Rule({"include": [f"{ROOT}/mod2-0/**"]}, lambda n: n % 2 == 0),
    Rule({"include": [f"{ROOT}/*/mod3-0/**"]}, lambda n: n % 3 == 0),
    Rule({"include": [f"{ROOT}/*/*/mod5-0/*"]}, lambda n: n % 5 == 0),
    Rule({"include": [f"{ROOT}/mod2-0/mod3-0"]}, lambda n: n % 6 == 0),
    Rule({"include": [f"{ROOT}/mod2-0/*/mod5-0/**"]}, lambda n: n % 10 == 0),
    Rule({"include": ["**/mod3-0/mod5-0/*"]}, lambda n: n % 15 == 0),
    Rule({"include": ["mod2-0/mod3-0/mod5-0"]}, lambda n: n % 30 == 0),
    Rule({"include": [f"{ROOT}"], "exclude": [f"{ROOT}/mod2-0/**"]}, lambda n: n % 2 == 1),
    Rule({"include": [f"{ROOT}/mod2-0/**"], "exclude": ["**/mod3-0/**"]},
         lambda n: n % 2 == 0 and n % 3 != 0),
    Rule({"include": [f"{ROOT}/mod2-0/**", f"{ROOT}/*/mod3-0/**"]},
         lambda n: n % 2 == 0 or n % 3 == 0),
    Rule({"include": [f"{ROOT}/*/*/mod5-?/**"], "exclude": ["mod5-4"]}, lambda n: n % 5 != 4),
    Rule({"include": [f"{ROOT}/**/file??7"]}, lambda n: n % 10 == 7),
    Rule({"include": [f"{ROOT}/**/file1??"]}, lambda n: n // 100 == 1),
    Rule({"include": [f"{ROOT}/**"], "exclude": ["file*9*"]}, lambda n: "9" not in f"{n:03}"),
    Rule({"include": ["file007", "file042", f"{ROOT}/mod2-0/mod3-0/mod5-0/file150"]},
         lambda n: n in (7, 42, 150)),
]


def process_rules(processes):
    """`processes` are those whose pids are known before the daemon starts."""
    known = processes[::7]
    return [
        Rule(None, lambda p: True),
        Rule({"comms": ["alpha"]}, lambda p: p.comm == "alpha"),
        Rule({"comms": ["beta", "gamma"]}, lambda p: p.comm in ("beta", "gamma")),
        Rule({"uids": [2001]}, lambda p: p.uid == 2001),
        Rule({"uids": [2002, "root"]}, lambda p: p.uid in (2002, 0)),
        Rule({"cgroups": ["/many/a"]}, lambda p: p.group in ("a", "a/b")),
        Rule({"cgroups": ["/many/a/b", "/many/c"]}, lambda p: p.group in ("a/b", "c")),
        Rule({"exes": [f"{DATA}/bin/delta"]}, lambda p: p.comm == "delta"),
        Rule({"exes": [f"{DATA}/bin/?????"], "uids": [2003]},
             lambda p: len(p.comm) == 5 or p.uid == 2003),
        Rule({"comms": ["alpha"], "uids": [2003], "cgroups": ["/many/c"]},
             lambda p: p.comm == "alpha" or p.uid == 2003 or p.group == "c"),
        Rule({"pids": [process.pid for process, _ in known]},
             lambda p: p in [of_it for _, of_it in known]),
    ]


def path_of(number):
    return ROOT / f"mod2-{number % 2}/mod3-{number % 3}/mod5-{number % 5}/file{number:03}"


def make_files():
    for number in range(FILES):
        path = path_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(200))
    (DATA / "bin").mkdir()
    for comm in COMMS:
        shutil.copy(programs.READERS, DATA / "bin" / comm)
    for group in GROUPS:
        (GROUP / group).mkdir(parents=True, exist_ok=True)


def describe(number):
    """Each kind of process is as frequent as each other."""
    return Process(number, COMMS[number % 4], UIDS[number // 4 % 4], GROUPS[number // 16 % 4])


def reads_of(process):
    """(numbers of files, reads of each, bytes of each read)"""
    numbers = random.Random(process.number).sample(range(FILES), FILES_OF_ONE)
    return numbers, 1 + process.number % 3, 1 + process.number % 97


def start(numbers):
    """[(what was started, Process)]; they stand still before they begin their programs."""
    together = [(begin(process), process) for process in map(describe, numbers)]
    for started, process in together:
        os.waitid(os.P_PID, started.pid, os.WSTOPPED | os.WEXITED)
        if process.group:
            (GROUP / process.group / "cgroup.procs").write_text(str(started.pid))
    return together


def begin(process):
    numbers, times, count = reads_of(process)
    return subprocess.Popen(
        ["sh", "-c", GATED, "sh", str(DATA / "bin" / process.comm), "-n",
         str(FILES_OF_ONE * times), "-b", str(count), *(str(path_of(n)) for n in numbers)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, user=process.uid, extra_groups=[])


def make_targets(started):
    """{name: (config, path rule, process rule)}"""
    pairs = list(itertools.product(PATHS, process_rules(started)))
    chosen = random.Random(4).sample(pairs, TARGETS)
    return {f"t{i:02}": ({"name": f"t{i:02}", "paths": path.config,
                          **({"processes": process.config} if process.config else {})},
                         path, process)
            for i, (path, process) in enumerate(chosen)}


def expected(path_rule, process_rule, processes):
    sums = collections.defaultdict(lambda: [0, 0])
    for process in processes:
        if process_rule.wants(process):
            numbers, times, count = reads_of(process)
            for number in filter(path_rule.wants, numbers):
                sums[str(path_of(number))][0] += times * count
                sums[str(path_of(number))][1] += times
    return {path: tuple(amount) for path, amount in sums.items()}


def totals(page):
    count = page.by(endpoint.TARGET_BYTES, "target")
    calls = page.by(endpoint.TARGET_CALLS, "target")
    return {name: (count[name], calls[name]) for name in count}


def body(check):
    make_files()
    # Some begin before the daemon, which can be told their pids, and some after it.
    early = start(range(0, PROCESSES, 2))
    checks.say(f"{len(early)} processes stand still")
    targets = make_targets(early)
    daemon.start({"limits": {"max_series": 100000},
                  "targets": [config for config, _, _ in targets.values()]})
    late = start(range(1, PROCESSES, 2))
    checks.say(f"{len(late)} more")
    for started, _ in early + late:
        started.send_signal(signal.SIGCONT)
    statuses = collections.Counter(started.wait() for started, _ in early + late)
    check.equal("status of the processes", dict(statuses), {0: PROCESSES})
    processes = [process for _, process in early + late]
    files = {name: expected(path, process, processes)
             for name, (_, path, process) in targets.items()}
    sums = {name: tuple(sum(amount[i] for amount in files[name].values()) for i in (0, 1))
            for name in files}
    check.true("each target has something to count", all(count for count, _ in sums.values()),
               f"{min(calls for _, calls in sums.values())} calls at least")
    seen = endpoint.until_equal(lambda: totals(endpoint.scrape()), sums)
    check.same("targets' totals", seen, sums)
    page = endpoint.scrape()
    for name, (config, _, _) in targets.items():
        if not check.same(f"{name} each file", page.files(target=name), files[name]):
            checks.say(str(config))
    check.equal("lost", page.losses(), {})
    daemon.stop()


checks.run("manytargets", body)
