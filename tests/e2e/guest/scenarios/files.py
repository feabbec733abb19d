# SPDX-License-Identifier: Apache-2.0
"""Files that come, go and come again; links; ways of a descriptor."""
import os
import socket

from harness import paths
from scenarios.case import ESSENTIAL, FURTHER, LOOPS, SEEN, WATCHED, table

# There before the daemon starts.
EARLY = WATCHED / "existing/early"


def existing(case):
    case.read_path(EARLY)


def created_later(case):
    case.read_path(case.make("file"))
    case.read_path(case.make("sub/sub/file"))


def created_each_time(case):
    for i in range(LOOPS):
        path = case.make(f"file{i}")
        case.read_path(path, times=1)
        os.unlink(path)


def created_again(case):
    """The same name each time."""
    for _ in range(LOOPS):
        path = case.make("file")
        case.read_path(path, times=1)
        os.unlink(path)


def unlinked_open(case):
    fd, other = case.make_open("file"), case.make_open("other")
    os.unlink(case.folder / "file")
    os.unlink(case.folder / "other")
    case.read(fd)
    case.read(other)
    case.read(fd)
    os.close(fd)
    os.close(other)


def unlinked_between(case):
    fd = case.make_open("file")
    case.read(fd)
    os.unlink(case.folder / "file")
    case.read(fd)
    case.read_path(case.make("file"))
    case.read(fd)
    os.close(fd)


def _inode_again(case, later_name):
    """Reads a file, and then one that has its inode."""
    first = case.make("first")
    case.read_path(first)
    number = os.stat(first).st_ino
    os.unlink(first)
    for i in range(LOOPS):
        path = case.make(later_name(i))
        if os.stat(path).st_ino == number:
            case.read_path(path)
            return
    raise AssertionError(f"inode {number} does not come back")


def inode_again_other_name(case):
    for i in range(5):
        _inode_again(case, lambda j, i=i: f"later{i}-{j}")


def inode_again_same_name(case):
    for _ in range(5):
        _inode_again(case, lambda j: f"further{j}" if j else "first")
        for path in case.folder.iterdir():
            path.unlink()


def folder_again(case):
    """A folder goes with its file, and comes again while that is open."""
    fds = []
    for _ in range(3):
        fds.append(case.make_open("d/file"))
        case.read(fds[-1])
        os.unlink(case.folder / "d/file")
        os.rmdir(case.folder / "d")
        for fd in fds:
            case.read(fd)
    for fd in fds:
        os.close(fd)


def caches_dropped(case):
    """What the kernel knew of the names is gone, and its memory used for others."""
    files = [case.make(f"file{i}") for i in range(LOOPS // 4)]
    for order in (files, files[::-1], files):
        for number, path in enumerate(order, start=1):
            case.read_path(path, times=number % 4 + 1)
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("2")


def named_deleted(case):
    """A name that looks like the kernel's mark of an unlinked file."""
    fd = case.make_open("file (deleted)")
    case.read(fd)
    os.unlink(case.folder / "file (deleted)")
    case.read(fd)
    os.close(fd)


def tmpfile(case):
    """Made without a name, which it gets later."""
    fd = os.open(case.folder, os.O_TMPFILE | os.O_RDWR)
    os.write(fd, b"0123456789")
    case.read(fd)
    # Only with a folder's descriptor Python follows the link.
    os.link(f"/proc/self/fd/{fd}", case.folder / "named", src_dir_fd=fd)
    case.read_path(case.folder / "named")
    case.read(fd)
    os.close(fd)


# Links.

def hard_links(case):
    one = case.make("one")
    os.link(one, case.folder / "two")
    for path, times in ((one, 3), (case.folder / "two", 5), (one, 1)):
        case.read_path(path, times=times)


def hard_link_outside(case):
    inside = case.make("inside")
    os.link(inside, case.outside / "outside")
    for path in (case.outside / "outside", inside, case.outside / "outside", inside):
        case.read_path(path)


def hard_link_unlinked(case):
    """One name is gone, the inode lives on."""
    one = case.make("one")
    os.link(one, case.folder / "two")
    fd = os.open(one, os.O_RDONLY)
    os.unlink(one)
    case.read(fd)
    case.read_path(case.folder / "two")
    os.close(fd)


def symlink_to_file(case):
    case.make("file")
    os.symlink("file", case.folder / "link")
    os.symlink(case.folder / "file", case.outside / "link")
    case.read_path(case.folder / "link")
    case.read_path(case.outside / "link")


def symlink_to_folder(case):
    case.make("d/file")
    os.symlink("d", case.folder / "link")
    case.make("file", case.outside)
    os.symlink(case.outside, case.folder / "away")
    case.read_path(case.folder / "link/file")
    case.read_path(case.folder / "away/file")


# Ways of a descriptor.

def opened_by_path(case):
    """O_PATH, and then opened again through /proc."""
    path = case.make("file")
    place = os.open(path, os.O_PATH)
    case.read_path(f"/proc/self/fd/{place}")
    os.rename(path, f"{path}.1")
    case.read_path(f"/proc/self/fd/{place}")
    os.close(place)


def inherited(case):
    fd = case.make_open("file")
    case.read(fd)
    case.child(lambda child: child.read(fd))
    case.read(fd)
    os.close(fd)


def passed(case):
    """Sent to another process, which has it as long as the sender no more."""
    here, there = socket.socketpair()

    def body(child):
        fds = socket.recv_fds(there, 1, 1)[1]
        child.read(fds[0])

    reader = paths.Child(case, body)
    fd = case.make_open("file")
    socket.send_fds(here, [b"."], [fd])
    os.close(fd)
    reader.finish()
    here.close()
    there.close()


def root_folder(case):
    path = case.make(f"{case.name}{SEEN}", "/")
    case.read_path(path)
    os.unlink(path)


TABLE = table(
    ("existing", existing, ESSENTIAL),
    ("created-later", created_later, FURTHER),
    ("created-each-time", created_each_time, ESSENTIAL),
    ("created-again", created_again, FURTHER),
    ("unlinked-open", unlinked_open, ESSENTIAL),
    ("unlinked-between", unlinked_between, FURTHER),
    ("inode-again-other-name", inode_again_other_name, ESSENTIAL),
    ("inode-again-same-name", inode_again_same_name, FURTHER),
    ("folder-again", folder_again, FURTHER),
    ("caches-dropped", caches_dropped, FURTHER),
    ("named-deleted", named_deleted, FURTHER),
    ("tmpfile", tmpfile, FURTHER),
    ("hard-links", hard_links, ESSENTIAL),
    ("hard-link-outside", hard_link_outside, FURTHER),
    ("hard-link-unlinked", hard_link_unlinked, FURTHER),
    ("symlink-to-file", symlink_to_file, FURTHER),
    ("symlink-to-folder", symlink_to_folder, FURTHER),
    ("opened-by-path", opened_by_path, FURTHER),
    ("inherited", inherited, FURTHER),
    ("passed", passed, FURTHER),
    ("root-folder", root_folder, FURTHER),
)
