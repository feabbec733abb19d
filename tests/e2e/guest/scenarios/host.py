# SPDX-License-Identifier: Apache-2.0
"""path_view: host, where the host has a name of its own for the file, or none."""
import os

from harness import paths, system
from scenarios import mounts
from scenarios.case import ESSENTIAL, FURTHER, SEEN, Case, table


def host_plain(case):
    case.read_path(case.make("file"))


def host_container(case):
    """Each file by the path that the host has for the same file of the overlay."""
    merged = mounts.make_container(case.name)
    inside = paths.Book()

    def read_all(child):
        child.read_path(f"/{case.name}/lower{SEEN}")
        child.read_path(f"/{case.name}/lower{SEEN}")
        child.read_path(case.make(f"made{SEEN}", f"/{case.name}"), times=4)

    def body(child):
        mounts.enter_container(merged)
        child.fork(read_all)

    paths.Child(inside, body).finish()
    for label, row in inside.rows.items():
        fd = os.open(f"{merged}{label}", os.O_RDONLY)
        case.add(paths.label_of("self", fd), *row)
        os.close(fd)


def host_into_container(case):
    """The reader is the host's own, by /proc/PID/root."""
    inside = Case(case.name)
    mounts.into_container(inside)
    for label, row in inside.rows.items():
        with open(f"{mounts.CONTAINER / case.name}{label}", "rb") as file:
            case.add(paths.label_of("self", file.fileno()), *row)


def host_private_bind(case):
    file, target = case.make("file"), case.make(f"target{SEEN}")
    inside = paths.Book()

    def body(child):
        system.enter_private_mounts()
        system.bind(file, target)
        child.read_path(target)

    paths.Child(inside, body).finish()
    assert list(inside.rows) == [target], inside.rows
    case.add(file, *inside.rows[target])


def host_volume(case):
    """A folder of the host's that a container has under another name."""
    merged = mounts.make_container(case.name)
    file = case.make("volume/sub/file")
    inside = paths.Book()

    def body(child):
        system.enter_private_mounts()
        os.mkdir(f"{merged}/data")
        system.bind(case.folder / "volume", f"{merged}/data")
        system.pivot_root(merged)
        child.read_path("/data/sub/file")

    paths.Child(inside, body).finish()
    assert list(inside.rows) == ["/data/sub/file"], inside.rows
    case.add(file, *inside.rows["/data/sub/file"])


def host_point_renamed(case):
    """A mount that both have, on a folder that the host gives another name."""
    point = case.mkdir("a/point")
    system.mount_tmpfs(point)
    file = case.make("file", point)

    def body(child):
        system.enter_private_mounts()
        fd = os.open(file, os.O_RDONLY)
        child.read(fd)
        child.wait("before")
        child.read(fd)

    child = paths.Child(case, body)
    child.until("before")
    os.rename(case.folder / "a", case.folder / "b")
    child.go()
    child.finish()
    system.umount(case.folder / "b/point")


def host_own_bind(case):
    """The host has two paths: the one that it was opened by."""
    case.make("d/file")
    target = case.mkdir("target")
    system.bind(case.folder / "d", target)
    case.read_path(target / "file")
    case.read_path(case.folder / "d/file", times=5)
    system.umount(target)


def host_chrooted(case):
    mounts.chrooted(case)


def host_private_tmpfs(case):
    """Nowhere in the host: as the process has it."""
    mounts.private_mount(case)


TABLE = table(
    ("host-plain", host_plain, FURTHER),
    ("host-container", host_container, ESSENTIAL),
    ("host-into-container", host_into_container, FURTHER),
    ("host-private-bind", host_private_bind, FURTHER),
    ("host-volume", host_volume, ESSENTIAL),
    ("host-point-renamed", host_point_renamed, FURTHER),
    ("host-own-bind", host_own_bind, FURTHER),
    ("host-chrooted", host_chrooted, FURTHER),
)
# What the host cannot reach.
UNRESOLVED = table(
    ("host-private-tmpfs", host_private_tmpfs, ESSENTIAL),
)
