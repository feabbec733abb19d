# SPDX-License-Identifier: Apache-2.0
"""The unit as systemd runs it: start, status, restart, watchdog, stop; what bad input gets; what the
endpoint and the journal say."""
import gzip
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from harness import checks, daemon, endpoint, kernel, programs

DATA = pathlib.Path("/srv/service")
PLAIN = {"targets": [{"name": "data", "paths": {"include": [f"{DATA}/**"]}}]}


def check_start(check, before):
    daemon.start(PLAIN)
    check.equal("start state", daemon.shown("ActiveState"), "active")
    text = daemon.shown("StatusText")
    check.true("start STATUS line", "data" in text and "127.0.0.1:9974" in text, text)
    status, shown = daemon.command("systemctl", "status", "--no-pager", daemon.UNIT)
    check.true("status shows it", status == 0 and f'Status: "{text}"' in shown)
    names = {name for _, _, name in kernel.objects() - before}
    check.true("start programs and maps are in the kernel",
               {"account_lsm", "runs", "sums"} <= names or {"account_fentry", "sums"} <= names,
               sorted(names))
    check.equal("runs as", daemon.command("ps", "-o", "user=", "-p", daemon.shown("MainPID"))[1]
                .strip(), "vfswatchd")


def check_restart(check):
    old = daemon.shown("MainPID")
    daemon.systemctl("restart", daemon.UNIT)
    check.true("restart another process", daemon.shown("MainPID") not in ("0", old))
    (DATA / "file").write_bytes(b"x" * 1234)
    (DATA / "file").read_bytes()
    seen = endpoint.until_equal(lambda: endpoint.scrape().sum(endpoint.FILE_BYTES, target="data"),
                                1234)
    check.equal("restart counts again", seen, 1234)


def check_watchdog(check):
    daemon.drop_in(daemon.PATIENCE + "WatchdogSec=5\nRestartSec=1\n")
    daemon.start(PLAIN)
    cursor, old = daemon.journal_cursor(), daemon.shown("MainPID")
    os.kill(int(old), signal.SIGSTOP)
    begin = time.monotonic()
    back = checks.until(lambda: daemon.shown("ActiveState") == "active" and
                        daemon.shown("MainPID") not in ("0", old), 150, 1)
    check.true("watchdog restarts a stopped daemon", back,
               f"after {time.monotonic() - begin:.0f} s; NRestarts={daemon.shown('NRestarts')}")
    check.true("watchdog in the journal", "atchdog" in daemon.journal(cursor))
    check.equal("watchdog ready again", endpoint.get("/-/ready").status, 200)
    daemon.drop_in(daemon.PATIENCE)


def check_stop(check, before):
    daemon.stop()
    check.equal("stop state", (daemon.shown("ActiveState"), daemon.shown("Result")),
                ("inactive", "success"))
    check.equal("stop leaves nothing in the kernel", kernel.left_since(before), [])


def check_stop_under_load(check, before):
    daemon.start({"targets": [*PLAIN["targets"], {"name": "all"}]})
    reader = subprocess.Popen([programs.READERS, "-p", "-t", "2", "-n", "100000000",
                               f"{DATA}/file", f"{DATA}/file"], stdout=subprocess.DEVNULL)
    scrapers = [subprocess.Popen(["sh", "-c", "while :; do curl -s -o /srv/page "
                                              "http://127.0.0.1:9974/metrics; done"])
                for _ in range(2)]
    time.sleep(3)
    begin = time.monotonic()
    check_stop(check, before)
    check.true("stop under load is quick", time.monotonic() - begin < 20,
               f"{time.monotonic() - begin:.1f} s")
    for process in (*scrapers, reader):
        process.kill()
        process.wait()
    subprocess.run(["pkill", "-x", "readers"], check=False)


def check_refusal(check, name, config, status, pattern):
    """The daemon does not start, says why in one line, and is not tried again."""
    if config is not None:
        daemon.configure(config)
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)
    cursor = daemon.journal_cursor()
    started = daemon.systemctl("start", daemon.UNIT, check=False)
    check.true(f"{name} start fails", started != 0, started)
    check.equal(f"{name} exit status", daemon.shown("ExecMainStatus"), str(status))
    entries = daemon.journal_entries(cursor)
    lines = [entry["MESSAGE"] for entry in entries if re.search(pattern, str(entry["MESSAGE"]))]
    check.true(f"{name} journal says why", len(lines) == 1, [entry["MESSAGE"] for entry in entries])
    check.equal(f"{name} PRIORITY", {entry["PRIORITY"] for entry in entries
                                     if entry["MESSAGE"] in lines}, {"3"})
    time.sleep(3)
    check.equal(f"{name} no restart", (daemon.shown("NRestarts"), daemon.shown("ActiveState")),
                ("0", "failed"))


def check_refusals(check):
    check_refusal(check, "bad config", "targets:\n  - name: a\n    paths:\n      inclode: [/x]\n",
                  78, r"^/etc/vfswatchd/vfswatchd\.yaml:4:7: ")
    daemon.CONFIG.unlink()
    check_refusal(check, "no config", None, 78, r"^/etc/vfswatchd/vfswatchd\.yaml: .*No such file")


def check_start_up_codes(check):
    """Until the probes are attached, ready and metrics say 503; never a half-written page."""
    daemon.configure(PLAIN)
    daemon.systemctl("reset-failed", daemon.UNIT, check=False)
    daemon.systemctl("start", "--no-block", daemon.UNIT)
    seen = []
    end = time.monotonic() + 60
    while time.monotonic() < end and (not seen or seen[-1] != (200, 200, True)):
        try:
            # Asked in this order, a page that is there too early would show.
            page = endpoint.get("/metrics", seconds=5)
            state = (endpoint.get("/-/ready", seconds=5).status, page.status,
                     page.status != 200 or b"vfswatch_build_info" in page.body)
        except OSError:
            continue
        if not seen or seen[-1] != state:
            seen.append(state)
    check.true("start-up 503 first", bool(seen) and seen[0][0] == 503 and seen[0][1] == 503, seen)
    check.equal("start-up then 200", seen[-1:], [(200, 200, True)])
    # The probes may be attached between the two questions.
    known = {(503, 503, True), (200, 503, True), (200, 200, True)}
    check.true("start-up nothing else", set(seen) <= known, seen)


def check_journal(check):
    cursor = daemon.journal_cursor()
    daemon.start({"targets": [{"name": "gone", "processes": {"pids": [4000000]}}]})
    entries = daemon.journal_entries(cursor)
    check.true("journal entries", len(entries) >= 2, [entry["MESSAGE"] for entry in entries])
    check.true("journal PRIORITY, CODE_FUNC, _SYSTEMD_UNIT",
               all(entry.get("PRIORITY") in list("34567") and entry.get("CODE_FUNC") and
                   entry.get("_SYSTEMD_UNIT") == daemon.UNIT for entry in entries))
    warnings = [entry["MESSAGE"] for entry in entries if entry["PRIORITY"] == "4"]
    check.true("journal a warning for the pid that is not there",
               len(warnings) == 1 and "4000000" in warnings[0] and
               re.match(r"/etc/vfswatchd/vfswatchd\.yaml:\d+:\d+: ", warnings[0]), warnings)
    check.true("journal information", "6" in {entry["PRIORITY"] for entry in entries})


def check_endpoint(check):
    # As shipped it has no network, and the one address of its socket.
    daemon.stop()
    daemon.ship_drop_in("direct-bind.conf")
    daemon.start({**PLAIN, "listen": [{"address": "127.0.0.1:9974"}, {"address": "[::1]:9975"}]})
    page = endpoint.get()
    check.equal("GET status and type", (page.status, page.headers["Content-Type"].split(";")[0]),
                (200, "text/plain"))
    head = endpoint.get(method="HEAD")
    check.equal("HEAD no body", (head.status, head.body), (200, b""))
    packed = endpoint.get(headers={"Accept-Encoding": "gzip"})
    check.equal("gzip encoding", packed.headers.get("Content-Encoding"), "gzip")
    plain = gzip.decompress(packed.body)
    check.true("gzip the same families", re.findall(rb"^# TYPE .*", plain, re.M) ==
               re.findall(rb"^# TYPE .*", endpoint.get().body, re.M))
    check.equal("[::1] listener", endpoint.get(host="::1", port=9975).status, 200)
    codes = {path: endpoint.get(path).status for path in
             ("/", "/-/healthy", "/healthz", "/-/ready", "/readyz", "/nothing")}
    check.equal("pages", codes, {"/": 200, "/-/healthy": 200, "/healthz": 200, "/-/ready": 200,
                                 "/readyz": 200, "/nothing": 404})
    check.equal("POST is refused", endpoint.get(method="POST").status, 405)
    done = subprocess.run(["promtool", "check", "metrics"], input=page.body, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check.equal("promtool check metrics", (done.returncode, done.stdout), (0, b""))
    daemon.stop()
    with socket.create_server(("127.0.0.1", 9974)):
        check_refusal(check, "port in use", PLAIN, 69, r"127\.0\.0\.1:9974.*[Aa]ddress.*in use")
    daemon.take_back_drop_in("direct-bind.conf")


def take_pid(pid, argv):
    """Runs a program that has this very pid."""
    for _ in range(50):
        pathlib.Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
        child = os.fork()
        if child == 0:
            os.execvp(argv[0], argv) if os.getpid() == pid else os._exit(99)
        status = os.waitpid(child, 0)[1]
        if child == pid:
            return status
    raise TimeoutError(f"nobody got pid {pid}")


def check_first_holder(check):
    """A pid means its first holder after the start, and never a second one."""
    pid = 30_000
    (DATA / "first").write_bytes(b"1" * 1000)
    (DATA / "second").write_bytes(b"2" * 2000)
    daemon.start({"targets": [{"name": "held", "processes": {"pids": [pid]},
                               "file_types": daemon.ALL_TYPES}]})
    check.equal("pid nobody yet", endpoint.scrape().sum(endpoint.TARGET_CALLS, target="held"), 0)
    take_pid(pid, ["dd", f"if={DATA}/first", "of=/dev/null", "status=none"])
    seen = endpoint.until_equal(
        lambda: endpoint.scrape().files(target="held").get(f"{DATA}/first"), (1000, 3))
    check.equal("pid its first holder", seen, (1000, 3))
    before = endpoint.scrape().files(target="held")
    take_pid(pid, ["dd", f"if={DATA}/second", "of=/dev/null", "status=none"])
    take_pid(pid, ["dd", f"if={DATA}/first", "of=/dev/null", "status=none"])
    time.sleep(2)
    check.equal("pid never a second one", endpoint.scrape().files(target="held"), before)


ERRORS = """
import os
folder = os.open("/srv/service", os.O_RDONLY)
for _ in range(3):
    try: os.read(folder, 100)
    except IsADirectoryError: pass
there, here = os.pipe()
os.set_blocking(there, False)
for _ in range(4):
    try: os.read(there, 100)
    except BlockingIOError: pass
file = os.open("/srv/service/eof", os.O_RDONLY)
for _ in range(6): os.read(file, 400)
os.read(file, 0)
"""


def check_exit_probe(check):
    (DATA / "eof").write_bytes(b"e" * 500)
    (DATA / "errors.py").write_text(ERRORS)
    process = programs.Stopped(["python3", str(DATA / "errors.py")], DATA / "errors.out")
    daemon.start({"targets": [{"name": "e", "processes": {"pids": [process.pid]},
                               "file_types": daemon.ALL_TYPES}]})
    process.go()
    check.equal("exit probe program's status", process.wait_for_end(), 0)
    process.reap()
    endpoint.until_equal(lambda: endpoint.scrape().files().get(f"{DATA}/eof"), (500, 7))
    page = endpoint.scrape()
    errors = page.by(endpoint.TARGET_ERRORS, "errno", target="e")
    check.equal("exit probe errno", {name: errors.get(name) for name in ("EISDIR", "EAGAIN")},
                {"EISDIR": 3, "EAGAIN": 4})
    files = page.by(endpoint.FILE_ERRORS, "path", target="e")
    check.equal("exit probe errors of the file", (files.get(str(DATA)), files.get("pipe:")), (3, 4))
    check.equal("exit probe end of file",
                (page.by(endpoint.FILE_EOFS, "path").get(f"{DATA}/eof"),
                 page.files().get(f"{DATA}/eof")), (4, (500, 7)))
    check.equal("exit probe attached", [labels["function"] for labels, _ in
                                        page.samples("vfswatch_probe_attached", role="exit")],
                ["vfs_read", "vfs_readv", "do_splice_direct", "vfs_copy_file_range",
                 "__kernel_read"])


def check_scrape_calls(check):
    """A scrape makes no bpf() call on a map: while one is preempted, kprobes miss reads."""
    daemon.start(PLAIN)
    calls = DATA.parent / "calls"
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-e", "trace=bpf", "-o", str(calls), "-p",
                               daemon.shown("MainPID")])
    checks.until(lambda: "TracerPid:\t0\n" not in
                 pathlib.Path(f"/proc/{daemon.shown('MainPID')}/status").read_text(), 20)
    for number in range(10):
        (DATA / f"new{number}").write_bytes(b"x")
        (DATA / f"new{number}").read_bytes()
        endpoint.scrape()
    tracer.terminate()
    tracer.wait()
    made = set(re.findall(r"bpf\((\w+)", calls.read_text()))
    check.true("scrapes were traced", "BPF_ITER_CREATE" in made, sorted(made))
    check.equal("scrapes make no call on a map", [name for name in sorted(made)
                                                  if name.startswith("BPF_MAP_")], [])


def body(check):
    DATA.mkdir(parents=True)
    before = kernel.objects()
    check_start(check, before)
    check_restart(check)
    check_stop(check, before)
    check_start_up_codes(check)
    check_endpoint(check)
    check_journal(check)
    check_exit_probe(check)
    check_scrape_calls(check)
    check_first_holder(check)
    check_watchdog(check)
    check_stop_under_load(check, before)
    check_refusals(check)


checks.run("service", body)
