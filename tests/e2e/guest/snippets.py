# SPDX-License-Identifier: Apache-2.0
"""What the entry of a sampled read says is what its reader got, as strace saw it, as the file has
it and as the reader itself tells: every byte, in each encoding, and who read, where, and how much.
What could not be copied is counted, and the counts of reads stay exact beside it."""
import base64
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import threading
import time

from harness import checks, daemon, endpoint, paths, programs, samples, system, traced

DATA = pathlib.Path("/srv/snippets")
MIXED = DATA / "mixed"
MIXED_BYTES = 1 << 20
# The targets that all want these files, named by their encodings, and how much each keeps of a
# read: the most that may be, something else, and what is kept if nobody says.
KEPT = {"text": 4096, "hex": 1000, "base64": 40}
# Reads that may come within a second without being limited; and a pause that is surely longer.
AT_ONCE = samples.MOST_PER_SECOND // len(KEPT)
PAUSE_SECONDS = 1.5
NOBODY = 65534

KNOWN = "Grüße, € 😀 ".encode() + b'\n\t\r\\"\'\0\x01\x1b\x7f\xff\xc3(\xe2\x82'
KNOWN_SHOWN = 'Grüße, € 😀 \\n\\t\\r\\\\\\"\'\\x00\\x01\\x1b\\x7f\\xff\\xc3(\\xe2\\x82'

# Who reads: comm and uid; reads: traced.Read of each.
Reader = collections.namedtuple("Reader", "name comm uid reads")

PYTHON = f"""
import os
fd = os.open("{MIXED}", os.O_RDONLY)
for size in (1, 39, 40, 41, 300, 5000): os.read(fd, size)
for at in (0, 39, 4095, {MIXED_BYTES} - 10, {MIXED_BYTES}): os.pread(fd, 100, at)
with open("{MIXED}", "rb") as file:
    file.read(10), file.read(9000), file.seek(777), file.read(50), file.readline()
with open("{MIXED}", "rb") as file: file.read()
"""


def mixed_bytes():
    """Text, NULs, all values, what is no UTF-8, and noise, in random order."""
    numbers = random.Random(11)
    kinds = (lambda: bytes(range(256)), lambda: KNOWN, lambda: bytes(numbers.randrange(1, 300)),
             lambda: b'2026-05-01 12:00:00 "GET /index.html" 200\r\n' * numbers.randrange(1, 20),
             lambda: "Straße, naïve, 日本語 😀\n".encode() * numbers.randrange(1, 9),
             lambda: b"\xc3\xc3\xa4\xed\xa0\x80\xf5\xc0\x80\xf0\x9f\x98" * numbers.randrange(1, 9),
             lambda: numbers.randbytes(numbers.randrange(1, 500)))
    content = bytearray(KNOWN)
    while len(content) < MIXED_BYTES:
        content += numbers.choice(kinds)()
    return bytes(content[:MIXED_BYTES])


class Pace:
    """Lets so few reads through at once that none of their samples is over the limit."""

    def __init__(self):
        self.reads = AT_ONCE

    def wait(self, reads):
        if self.reads + reads > AT_ONCE:
            time.sleep(PAUSE_SECONDS)
            self.reads = 0
        self.reads += reads


# The readers of the mixed file.

def dd(pace, size, count, skip=0, uid=0):
    pace.wait(count)
    argv = ["dd", f"if={MIXED}", "of=/dev/null", f"bs={size}", f"count={count}", f"skip={skip}",
            "status=none"]
    return Reader(f"dd bs={size} skip={skip}", "dd", uid, traced.reads_of(argv, DATA, uid))


def python(pace):
    pace.wait(25)
    return Reader("python3", "python3", 0, traced.reads_of(["python3", "-c", PYTHON], DATA))


def edge(pace, room, size):
    pace.wait(1)
    return Reader(f"edge after {room}", "snippets", 0, traced.reads_of(
        [programs.SNIPPETS, "edge", str(MIXED), str(room), str(size)], DATA))


def pieces(pace, size, count, threads, uid=0):
    """Without strace, so that threads read at the same time."""
    pace.wait(count * threads)
    process = subprocess.Popen(
        [programs.SNIPPETS, "pieces", str(MIXED), str(size), str(count), str(threads)],
        stdout=subprocess.PIPE, text=True, user=uid, group=uid, extra_groups=[])
    rows = [list(map(int, line.split())) for line in process.communicate()[0].splitlines()]
    return Reader(f"pieces of {size} by {threads}", "snippets", uid,
                  [traced.Read(process.pid, tid, str(MIXED), *row, None) for tid, *row in rows])


def all_readers():
    pace = Pace()
    yield dd(pace, len(KNOWN), 1)
    # The whole file, a snippet of the text target for each byte.
    for skip in range(0, MIXED_BYTES // 4096, AT_ONCE):
        yield dd(pace, 4096, AT_ONCE, skip)
    for size in (1, 39, 40, 41, 999, 1001, 4095, 4097, 100_003):
        yield dd(pace, size, 4, skip=3)
    yield dd(pace, 64_000, 20, uid=NOBODY)
    yield python(pace)
    for room, size in ((1, 4096), (40, 41), (100, 4096), (4096, 4097), (5000, 100_000)):
        yield edge(pace, room, size)
    yield pieces(pace, 777, 12, threads=5)
    yield pieces(pace, 20_000, 10, threads=6, uid=NOBODY)
    yield pieces(pace, 4097, 30, threads=2)


# What their entries must say.

def wanted_rows(reader):
    """Of each of its reads that returned bytes, one entry of each target, without the snippet."""
    return collections.Counter(
        (encoding, read.pid, read.tid, reader.comm, reader.uid, read.path, read.offset,
         read.requested, read.bytes, int(read.bytes > kept), encoding)
        for read in reader.reads if read.bytes for encoding, kept in KEPT.items())


def row_of(entry):
    return tuple(entry[:samples.Entry._fields.index("snippet")])


def check_mixed(check, content, cursor):
    readers = list(all_readers())
    check.equal("mixed what strace saw is what the file holds",
                [read for reader in readers for read in reader.reads if read.data is not None and
                 read.data != content[read.offset:read.offset + min(read.bytes, traced.KEPT)]], [])
    checks.say(f"{sum(len(reader.reads) for reader in readers)} reads were made")
    page = samples.at_rest(*KEPT)
    entries = [entry for entry in samples.entries(cursor) if entry.target in KEPT]
    by_pid = collections.defaultdict(collections.Counter)
    for entry in entries:
        by_pid[entry.pid][row_of(entry)] += 1
    for reader in readers:
        pid = reader.reads[0].pid
        rows = by_pid.pop(pid, {})
        check.same(f"mixed {reader.name}: entries == reads", rows, wanted_rows(reader))
    check.equal("mixed entries of nobody's reads", dict(by_pid), {})
    check_snippets(check, content, entries)
    check_numbers(check, page, entries, readers)
    check_form(check, [entry for entry in entries
                       if (entry.offset, entry.bytes) == (0, len(KNOWN))])
    check_json(check, entries)


def check_snippets(check, content, entries):
    """The bytes themselves, decoded here."""
    for encoding, kept in KEPT.items():
        of_target = [entry for entry in entries if entry.target == encoding]
        wrong = [entry[:-1] for entry in of_target if entry.snippet !=
                 content[entry.offset:entry.offset + min(entry.bytes, kept)]]
        check.true(f"mixed {encoding} snippets == the file's bytes", of_target and not wrong,
                   f"{len(wrong)} of {len(of_target)} differ: {wrong[:2]}")
    longest, *others = sorted(KEPT, key=KEPT.get, reverse=True)
    by_read = {encoding: {entry[1:9]: entry.snippet for entry in entries
                          if entry.target == encoding} for encoding in KEPT}
    for encoding in others:
        differ = [read for read, snippet in by_read[longest].items()
                  if by_read[encoding].get(read) != snippet[:KEPT[encoding]]]
        check.equal(f"mixed reads of which {encoding} and {longest} do not agree", differ, [])


def check_numbers(check, page, entries, readers):
    reads = [read for reader in readers for read in reader.reads]
    returned = sum(read.bytes > 0 for read in reads)
    wanted = {str(MIXED): (sum(read.bytes for read in reads), len(reads))}
    for name in KEPT:
        check.equal(f"mixed {name} sampled == reads that returned bytes",
                    samples.sampled(page, name), returned)
        check.equal(f"mixed {name} all are written", samples.outcomes(page, name),
                    samples.NO_OUTCOMES | {"written": returned})
        check.equal(f"mixed {name} bytes and calls of the file",
                    endpoint.until_equal(lambda: endpoint.scrape().files(target=name), wanted),
                    wanted)
    samples.check_sums(check, page, entries, *KEPT)


def check_form(check, entries):
    """The other fields, of the entries of one read that shows every kind of escape."""
    texts = [entry for entry in entries if entry.target == "text"]
    fields = texts[0].fields if texts else {}
    check.equal("form text as it is shown", fields.get("VFSWATCH_SNIPPET"), KNOWN_SHOWN)
    check.equal("form MESSAGE", fields.get("MESSAGE"), f"dd[{fields.get('VFSWATCH_PID')}] read "
                f'{len(KNOWN)} B of {MIXED} at 0: "{KNOWN_SHOWN}"')
    check.equal("form PRIORITY, unit", {(entry.fields["PRIORITY"], entry.fields["_SYSTEMD_UNIT"])
                                        for entry in entries}, {("6", daemon.UNIT)})
    ids = {entry.fields.get("MESSAGE_ID", "") for entry in entries}
    check.true("form one MESSAGE_ID", len(ids) == 1 and
               re.fullmatch("[0-9a-f]{32}", next(iter(ids))), ids)


def check_json(check, entries):
    """The command shows the same; each target's."""
    for name in KEPT:
        status, text = daemon.command("vfswatchctl", "snippets", "-t", name, "--json")
        check.equal(f"json {name} exit status", status, 0)
        shown = collections.Counter(map(row_of_json, text.splitlines()))
        wanted = collections.Counter(row_of(entry) + (entry.snippet, time_of(entry))
                                     for entry in entries if entry.target == name)
        check.same(f"json {name} == the journal's entries", shown, wanted)


def row_of_json(line):
    row = json.loads(line)
    return (row["target"], row["pid"], row["tid"], row["comm"], row["uid"], row["path"],
            row["offset"], row["requested"], row["bytes"], int(row["truncated"]), row["encoding"],
            base64.b64decode(row["snippet_base64"], validate=True), row["time"])


def time_of(entry):
    """When the journal got it."""
    seconds, microseconds = divmod(int(entry.fields["__REALTIME_TIMESTAMP"]), 1_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{microseconds:06}Z"


# The old way: a script that prints the reader's buffer as if it were the kernel's.

OLD = DATA / "old"
OLD_CONTENT = b"user=ada, host=db1, and some more text to read\n"
OLD_BYTES = 40
OLD_SCRIPT = """
kprobe:vfs_read /pid == cpid/ { @buf[tid] = arg1; }
kretprobe:vfs_read /pid == cpid/ {
    printf("%d got %d: %s\\n", pid, retval, str(@buf[tid]));
    delete(@buf[tid]);
}
"""


def check_old_way(check, cursor):
    done = subprocess.run(
        ["bpftrace", "-o", DATA / "old.out", "-c", f"{programs.SNIPPETS} print {OLD} {OLD_BYTES}",
         "-e", OLD_SCRIPT], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    # bpftrace itself ends with an empty line.
    printed = done.stdout.rstrip(b"\n")
    check.equal("old way: the program prints", printed, OLD_CONTENT[:OLD_BYTES])
    lines = [line for line in (DATA / "old.out").read_text().splitlines() if "got" in line]
    found = re.fullmatch(r"(\d+) got (\d+): (.*)", lines[0] if len(lines) == 1 else "")
    if not check.true("old way: the script sees the read", found, lines):
        return
    check.equal("old way: the script shows", found.groups()[1:], (str(OLD_BYTES), ""))
    samples.at_rest("old")
    check.equal("old way: our entry shows",
                [(entry.pid, entry.snippet) for entry in samples.entries(cursor, "old")],
                [(int(found[1]), printed)])


# A buffer that is gone when the read ends.

TORN = DATA / "torn"
TORN_BYTES = 64 << 20
TIMES = 5


def check_torn(check, cursor):
    subprocess.run([programs.SNIPPETS, "torn", str(TORN), str(TIMES)], check=True)
    page = samples.at_rest("torn")
    check.equal("torn sampled", samples.sampled(page, "torn"), TIMES)
    check.equal("torn each is a fault", samples.outcomes(page, "torn"),
                samples.NO_OUTCOMES | {"fault": TIMES})
    check.equal("torn no entries", samples.entries(cursor, "torn"), [])
    warnings = samples.warnings(cursor, "EFAULT")
    check.true("torn one warning names target and reason", len(warnings) == 1 and
               re.search(r"target torn,.*\(EFAULT\): the reader unmapped it", warnings[0]),
               warnings)
    wanted = {str(TORN): (TIMES * TORN_BYTES, TIMES)}
    check.equal("torn is counted", endpoint.until_equal(
        lambda: endpoint.scrape().files(target="torn"), wanted), wanted)


# Names, files without a position, and what is not to be shown.

def read_once(path, count):
    with open(path, "rb", buffering=0) as file:
        file.read(count)


# As a path it is no text.
ODD = os.fsdecode(b"\xffnew\nline \\ and \xc3\xbc")


def check_names(check, cursor):
    """Under the name that the file has when it is read, as the labels show it."""
    folder = DATA / "names"
    with open(folder / "first", "rb", buffering=0) as file:
        file.read(3)
        os.rename(folder / "first", folder / "second")
        file.read(3)
        os.rename(folder / "second", folder / "third")
        file.read(4)
        os.rename(folder, DATA / "renamed")
        file.read(5)
        os.unlink(DATA / "renamed/third")
        file.read(6)
    (DATA / "renamed/plain").rename(DATA / "renamed" / ODD)
    read_once(DATA / "renamed" / ODD, 7)
    samples.at_rest("names")
    seen = [(entry.path, entry.offset, entry.snippet) for entry in samples.entries(cursor, "names")]
    check.equal("names each read under the file's name", seen, [
        (f"{DATA}/names/first", 0, b"012"), (f"{DATA}/names/second", 3, b"345"),
        (f"{DATA}/names/third", 6, b"6789"), (f"{DATA}/renamed/third", 10, b"abcde"),
        (f"{DATA}/renamed/third", 15, b"fghijk"),
        (paths.shown(DATA / "renamed" / ODD), 0, b"0123456")])


def check_fifo(check, cursor):
    """No position; of a read of which not all is kept, the first bytes; and who follows the entries
    sees them come."""
    followed = DATA / "fifo.out"
    with open(followed, "wb") as out:
        following = subprocess.Popen(["vfswatchctl", "snippets", "-f", "-t", "fifo", "--json"],
                                     stdout=out)
    fd = os.open(DATA / "fifo", os.O_RDWR)
    for text in (b"12345", b"a" * 50):
        os.write(fd, text)
        os.read(fd, 100)
    os.close(fd)
    samples.at_rest("fifo")
    here = (os.getpid(), threading.get_native_id(), "python3", 0, f"{DATA}/fifo", None, 100)
    check.equal("fifo entries", [entry[1:-1] for entry in samples.entries(cursor, "fifo")],
                [(*here, 5, 0, "text", b"12345"), (*here, 50, 1, "text", b"a" * 40)])
    checks.until(lambda: followed.read_bytes().count(b"\n") >= 2, 20)
    following.terminate()
    following.wait()
    check.equal("fifo entries that are followed",
                [row_of_json(line)[:-1] for line in followed.read_text().splitlines()],
                [entry[:-1] for entry in samples.entries(cursor, "fifo")])


SECRETS = (b"hunter2", b"s3cr3t", b"zanzibar")
SECRET_TEXT = (b"user=ada password=hunter2 x\ntoken s3cr3t,zanzibar;\xff\n"
               b"password=hunter2hunter2hunter2 and what is not kept")
KEPT_OF_SECRETS = 68
SHOWN_OF_SECRETS = b"user=ada password=*** x\ntoken ***,***;\xff\npassword=***"


def check_redaction(check, cursor):
    """Nothing of what the groups match is anywhere in the journal, cut off or not."""
    read_once(DATA / "secrets", len(SECRET_TEXT))
    samples.at_rest("secrets")
    check.equal("redacted", [(entry.bytes, entry.truncated, entry.snippet)
                             for entry in samples.entries(cursor, "secrets")],
                [(len(SECRET_TEXT), 1, SHOWN_OF_SECRETS)])
    daemon.command("journalctl", "--sync")
    journal = subprocess.run(["journalctl", "-o", "export", "--after-cursor", cursor],
                             stdout=subprocess.PIPE, check=True).stdout
    check.equal("redacted secrets in the journal", [secret for secret in SECRETS
                                                    if secret[:4] in journal], [])


def read_bound():
    """Reads the file where another mount namespace has it."""
    child = os.fork()
    if child == 0:
        try:
            system.enter_private_mounts()
            system.bind(DATA / "bound", "/mnt")
            read_once("/mnt/file", 5)
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise ChildProcessError("the child failed")


def check_view(check, name, cursor, path):
    read_bound()
    samples.at_rest("bound")
    check.equal(f"path_view {name}", [entry.path for entry in samples.entries(cursor, "bound")],
                [path])


def make_files(content):
    (DATA / "names").mkdir(parents=True)
    (DATA / "bound").mkdir()
    for path, text in ((MIXED, content), (OLD, OLD_CONTENT), (TORN, b"x" * TORN_BYTES),
                       (DATA / "names/first", b"0123456789abcdefghijklmnop"),
                       (DATA / "names/plain", b"0123456789"),
                       (DATA / "bound/file", b"bound"), (DATA / "secrets", SECRET_TEXT)):
        path.write_bytes(text)
    os.mkfifo(DATA / "fifo")


def config(path_view):
    targets = [samples.target(encoding, [str(MIXED)], encoding=encoding, max_bytes=kept)
               for encoding, kept in KEPT.items()]
    targets += [samples.target("old", [str(OLD)]), samples.target("torn", [str(TORN)]),
                samples.target("names", [f"{DATA}/names/**", f"{DATA}/renamed/**"]),
                samples.target("fifo", [f"{DATA}/fifo"]) | {"file_types": ["fifo"]},
                samples.target("secrets", [f"{DATA}/secrets"], max_bytes=KEPT_OF_SECRETS,
                               redact=[r"password=(\S+)", r"token (\w+),(\w+)"]),
                samples.target("bound", [f"{DATA}/bound/**", "/mnt/**"])]
    return {"path_view": path_view, "targets": targets,
            "limits": {"snippets_per_second": samples.MOST_PER_SECOND}}


def body(check):
    content = mixed_bytes()
    make_files(content)
    daemon.start(config("process"))
    page = endpoint.scrape()
    names = [target["name"] for target in config("process")["targets"]]
    check.same("start all outcomes are there, at 0",
               {name: samples.outcomes(page, name) for name in names},
               {name: samples.NO_OUTCOMES for name in names})
    check_mixed(check, content, daemon.journal_cursor())
    checks.say("mixed is done")
    cursor = daemon.journal_cursor()
    for part in (check_names, check_fifo, check_redaction, check_old_way, check_torn):
        part(check, cursor)
        checks.say(f"{part.__name__} is done")
    check_view(check, "process", cursor, "/mnt/file")
    others = names[len(KEPT):]
    page = samples.at_rest(*others)
    samples.check_sums(check, page, samples.entries(cursor), *others)
    check.equal("lost", page.losses(), {})
    daemon.start(config("host"))
    check_view(check, "host", daemon.journal_cursor(), f"{DATA}/bound/file")


checks.run("snippets", body)
