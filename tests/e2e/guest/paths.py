# SPDX-License-Identifier: Apache-2.0
"""Which reads a target wants, and under which path and labels they are counted."""
import os
import pathlib
import shutil
import subprocess

from harness import checks, daemon, endpoint, programs

DATA = pathlib.Path("/srv/p")

# What each pattern wants of FILES; written out by hand.
PATTERNS = {
    "exact": ({"include": ["/srv/p/one.txt"]}, ["one.txt"]),
    "folder": ({"include": ["/srv/p/dir"]}, ["dir/a", "dir/c.tmp", "dir/sub/b", "dir/sub/d.tmp"]),
    "star": ({"include": ["/srv/p/star/*.log"]},
             ["star/.hidden.log", "star/a.log", "star/a1.log", "star/a12.log", "star/b1.log"]),
    "question": ({"include": ["/srv/p/star/a?.log"]}, ["star/a1.log"]),
    "stars": ({"include": ["/srv/p/**/deep.txt"]}, ["deep.txt", "x/deep.txt", "x/y/z/deep.txt"]),
    "excluded": ({"include": ["/srv/p/dir/**", "/srv/p/x/**"],
                  "exclude": ["**/*.tmp", "/srv/p/x/y"]},
                 ["dir/a", "dir/sub/b", "x/data.idx", "x/deep.txt", "x/rel/name", "x/rel/name2"]),
    "relative": ({"include": ["*.idx"]}, ["db.idx", "x/data.idx"]),
    "relative-name": ({"include": ["rel/name"]}, ["x/rel/name", "x/y/rel/name/below"]),
    "literal": ({"include": ["/srv/p/odd/a\\*b"]}, ["odd/a*b"]),
    "bytes": ({"include": ["/srv/p/odd/\\xff?"]}, [b"odd/\xffz"]),
}
FILES = ["one.txt", "one.txt.bak", "deep.txt", "deep.txt.not", "db.idx", "dir/a", "dir/c.tmp",
         "dir/sub/b", "dir/sub/d.tmp", "dirx", "star/a.log", "star/a1.log", "star/a12.log",
         "star/b1.log", "star/.hidden.log", "star/nest/a2.log", "x/deep.txt", "x/data.idx",
         "x/y/z/deep.txt", "x/y/deep.text", "x/rel/name", "x/rel/name2", "x/y/rel/name/below",
         "odd/a*b", "odd/axb", b"odd/\xffz", b"odd/\xfez"]


def raw(name):
    return bytes(DATA) + b"/" + (name if isinstance(name, bytes) else name.encode())


def shown(name):
    """As the label shows it."""
    return raw(name).decode(errors="backslashreplace")


def make(names, size=100):
    for name in names:
        os.makedirs(os.path.dirname(raw(name)), exist_ok=True)
        pathlib.Path(os.fsdecode(raw(name))).write_bytes(b"x" * size)


def reads_of(path, target, wanted):
    """The (bytes, calls) of a path, once they are `wanted` or time is over."""
    return endpoint.until_equal(lambda: endpoint.scrape().files(target=target).get(path), wanted)


def pread_often(fd, times, size=10):
    for _ in range(times):
        os.pread(fd, size, 0)


def check_patterns(check):
    """Half of the files appear later; each is read twice, by programs that others wrote."""
    make(FILES[::2])
    daemon.start({"targets": [{"name": name, "paths": paths}
                              for name, (paths, _) in PATTERNS.items()]})
    make(FILES[1::2])
    for _ in range(2):
        subprocess.run([b"cat", *map(raw, FILES)], stdout=subprocess.DEVNULL, check=True)
    expected = {name: {shown(file): (200, 4) for file in files}
                for name, (_, files) in PATTERNS.items()}
    page = endpoint.until_equal(
        lambda: {name: endpoint.scrape().files(target=name) for name in expected}, expected)
    for name, files in expected.items():
        check.same(f"pattern {name}", page[name], files)


def check_names(check):
    """One inode, several names; one name, several inodes."""
    make(["names/one", "names/open", "names/log", "names/gone", "names/linked"], 1000)
    names = DATA / "names"
    os.link(names / "one", names / "two")
    os.symlink("linked", names / "symlink")
    daemon.start({"targets": [{"name": "names", "paths": {"include": [str(names), "/srv/bind"]}}]})

    for name, times in (("one", 3), ("two", 5), ("one", 1), ("symlink", 2)):
        with open(names / name, "rb", buffering=0) as file:
            pread_often(file.fileno(), times)
    check.equal("hard link one", reads_of(f"{names}/one", "names", (40, 4)), (40, 4))
    check.equal("hard link two", reads_of(f"{names}/two", "names", (50, 5)), (50, 5))
    check.equal("symlink is its file", reads_of(f"{names}/linked", "names", (20, 2)), (20, 2))

    with open(names / "open", "rb", buffering=0) as file:
        pread_often(file.fileno(), 3)
        os.rename(names / "open", names / "renamed")
        pread_often(file.fileno(), 2)
        check.equal("rename later reads", reads_of(f"{names}/renamed", "names", (20, 2)), (20, 2))
        check.equal("rename reads before", reads_of(f"{names}/open", "names", (30, 3)), (30, 3))

    check_rotation(check, names)
    with open(names / "gone", "rb", buffering=0) as file:
        os.unlink(names / "gone")
        pread_often(file.fileno(), 6)
        check.equal("deleted keeps its path", reads_of(f"{names}/gone", "names", (60, 6)), (60, 6))

    os.mkdir("/srv/bind")
    subprocess.run(["mount", "--bind", names, "/srv/bind"], check=True)
    for path in ("/srv/bind/one", names / "one", "/srv/bind/one"):
        with open(path, "rb", buffering=0) as file:
            pread_often(file.fileno(), 1)
    check.equal("bind mount", reads_of("/srv/bind/one", "names", (20, 2)), (20, 2))
    check.equal("bind mount's source", reads_of(f"{names}/one", "names", (50, 5)), (50, 5))
    subprocess.run(["umount", "/srv/bind"], check=True)


def check_rotation(check, names):
    """The next file of the same path goes on with its series."""
    log = names / "log"
    log.read_bytes()
    os.rename(log, names / "log.1")
    log.write_bytes(b"y" * 500)
    with open(log, "rb", buffering=0) as file:
        pread_often(file.fileno(), 1, 500)
    seen = endpoint.until_equal(
        lambda: endpoint.scrape().sum(endpoint.FILE_BYTES, path=str(log)), 1500)
    check.equal("rotation bytes", seen, 1500)


def check_types(check):
    """What has no path, and what is no regular file."""
    make(["types/file"])
    os.mkfifo(DATA / "types/fifo")
    daemon.start({"targets": [
        {"name": "regular", "paths": {"include": ["/srv/p/types"]}},
        {"name": "fifo", "paths": {"include": ["/srv/p/types"]}, "file_types": ["fifo"]},
        {"name": "nameless", "paths": {"include": ["memfd:*", "anon_inode:*", "pipe:"]},
         "file_types": daemon.ALL_TYPES}]})
    (DATA / "types/file").read_bytes()
    there, here = os.open(DATA / "types/fifo", os.O_RDWR), os.memfd_create("vault")
    os.write(there, b"12345")
    os.read(there, 100)
    os.write(here, b"secret")
    os.pread(here, 100, 0)
    event = os.eventfd(7)
    os.read(event, 8)
    check.equal("named fifo", reads_of("/srv/p/types/fifo", "fifo", (5, 1)), (5, 1))
    check.equal("memfd", reads_of("memfd:vault", "nameless", (6, 1)), (6, 1))
    check.equal("eventfd", reads_of("anon_inode:[eventfd]", "nameless", (8, 1)), (8, 1))
    page = endpoint.scrape()
    check.equal("regular files only", list(page.files(target="regular")), ["/srv/p/types/file"])
    check.equal("fifos only", list(page.files(target="fifo")), ["/srv/p/types/fifo"])
    for fd in (there, here, event):
        os.close(fd)


LABELS = """
import ctypes, os, threading
def rename(name): ctypes.CDLL(None).prctl(15, name)
def read(times):
    for _ in range(times): os.pread(fd, 10, 0)
fd = os.open("/srv/p/labels/file", os.O_RDONLY)
read(2)
os.setuid(65534)
read(3)
rename(b"renamed")
read(4)
def work():
    rename(b"worker")
    read(5)
thread = threading.Thread(target=work)
thread.start()
thread.join()
os.execvp("md5sum", ["md5sum", "/srv/p/labels/file"])
"""


def check_labels(check):
    make(["labels/file"])
    os.chmod(DATA / "labels/file", 0o644)
    (DATA / "program.py").write_text(LABELS)
    daemon.start({"targets": [
        {"name": "all", "paths": {"include": ["/srv/p/labels"]}, "labels": ["pid", "comm", "uid"]},
        {"name": "comm", "paths": {"include": ["/srv/p/labels"]}, "labels": ["comm"]},
        {"name": "none", "paths": {"include": ["/srv/p/labels"]}}]})
    process = programs.Stopped(["python3", str(DATA / "program.py")], DATA / "labels.out")
    process.go()
    check.equal("labels program's status", process.wait_for_end(), 0)
    process.reap()
    pid = str(process.pid)
    wanted = {(pid, "python3", "0"): (20, 2), (pid, "python3", "65534"): (30, 3),
              (pid, "renamed", "65534"): (90, 9), (pid, "md5sum", "65534"): (100, 2)}
    seen = endpoint.until_equal(lambda: rows("all", "pid", "comm", "uid"), wanted)
    check.same("labels pid, comm, uid", seen, wanted)
    check.same("labels comm", rows("comm", "comm"),
               {("python3",): (50, 5), ("renamed",): (90, 9), ("md5sum",): (100, 2)})
    check.same("labels none", rows("none", "path"), {("/srv/p/labels/file",): (240, 16)})


def rows(target, *names):
    """{label values: (bytes, calls)}; two samples of the same labels would be an error."""
    page = endpoint.scrape()
    calls = {tuple(labels[name] for name in names): value
             for labels, value in page.samples(endpoint.FILE_CALLS, target=target)}
    return {tuple(labels[name] for name in names):
            (value, calls[tuple(labels[name] for name in names)])
            for labels, value in page.samples(endpoint.FILE_BYTES, target=target)}


def body(check):
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    for part in (check_patterns, check_names, check_types, check_labels):
        part(check)
        checks.say(f"{part.__name__} is done")


checks.run("paths", body)
