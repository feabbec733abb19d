# SPDX-License-Identifier: Apache-2.0
"""Mounts, namespaces and containers."""
import os
import pathlib
import socket
import subprocess

from harness import paths, system
from scenarios.case import ESSENTIAL, FURTHER, OUTSIDE, SEEN, SkipCase, table


CONTAINER = pathlib.Path("/srv/c")


def bound_file(case):
    file, target = case.make("file"), case.make("target")
    system.bind(file, target)
    for path in (target, file, target):
        case.read_path(path)
    system.umount(target)
    case.read_path(target)


def bound_folder(case):
    case.make("d/sub/file")
    target, outside = case.mkdir("target"), case.mkdir("target", case.outside)
    system.bind(case.folder / "d", target)
    system.bind(case.folder / "d/sub", outside)
    for folder in (target / "sub", outside, case.folder / "d/sub", target / "sub", outside):
        case.read_path(folder / "file")
    system.umount(target)
    system.umount(outside)


def moved_out_of_bound(case):
    """A folder leaves what its mount shows."""
    case.mkdir("d/sub")
    target = case.mkdir("target")
    system.bind(case.folder / "d", target)
    fd = case.make_open(f"{case.name}{SEEN}", target / "sub")
    case.read(fd)
    os.rename(case.folder / "d/sub", case.folder / "sub")
    case.read(fd)
    os.close(fd)
    system.umount(target)


def hung_up_open(case):
    """A mount that hangs nowhere, until it does."""
    target = case.mkdir("target")
    case.make(f"d/{case.name}{SEEN}")
    tree = system.open_tree(case.folder / "d")
    fd = os.open(f"{case.name}{SEEN}", os.O_RDONLY, dir_fd=tree)
    case.read(fd)
    system.hang(tree, target)
    case.read(fd)
    os.close(fd)
    os.close(tree)
    system.umount(target)


def mounted_over(case):
    folder = case.mkdir("d")
    below = case.make_open("d/file")
    case.read(below)
    system.mount_tmpfs(folder)
    case.read(below)
    above = case.make_open("d/file")
    case.read(above)
    case.read_path(case.make("d/another"))
    case.read(below)
    os.close(above)
    system.umount(folder)
    case.read(below)
    case.read_path(folder / "file")
    os.close(below)


def unmounted_lazily(case):
    folder = case.mkdir("d")
    system.mount_tmpfs(folder)
    fd = case.make_open(f"{case.name}{SEEN}", folder)
    case.read(fd)
    system.umount(folder, system.MNT_DETACH)
    case.read(fd)
    os.close(fd)


def unmounted_lazily_below(case):
    """The upper one of two goes, and the other one with it."""
    folder = case.mkdir("d")
    system.mount_tmpfs(folder)
    point = case.mkdir("point", folder)
    system.mount_tmpfs(point)
    fd = case.make_open(f"{case.name}{SEEN}", point)
    case.read(fd)
    system.umount(folder, system.MNT_DETACH)
    case.read(fd)
    os.close(fd)


def namespace_ended(case):
    """A file outlives the mount namespace that it was opened in."""
    point = case.mkdir("point")
    here, there = socket.socketpair()

    def body(child):
        system.enter_private_mounts()
        system.mount_tmpfs(point)
        fd = case.make_open(f"{case.name}{SEEN}", point)
        child.read(fd)
        socket.send_fds(there, [b"."], [fd])
        child.wait("sent")

    child = paths.Child(case, body)
    child.until("sent")
    fd = socket.recv_fds(here, 1, 1)[1][0]
    case.read(fd)
    child.go()
    child.finish()
    case.read(fd)
    os.close(fd)
    here.close()
    there.close()


def mount_moved(case):
    """The mount, and one below it, as they go."""
    base = case.mkdir("base")
    system.mount_tmpfs(base)
    system.be_private(base)
    here, there = case.mkdir("here", base), case.mkdir("there", base)
    system.mount_tmpfs(here)
    fd = case.make_open("file", here)
    case.read(fd)
    system.mount(here, there, flags=system.MS_MOVE)
    case.read(fd)
    case.read_path(there / "file")
    os.close(fd)
    system.umount(there)
    system.umount(base)


def mount_point_renamed(case):
    """A mount goes with the folder that is above its mount point."""
    point = case.mkdir("a/point")
    system.mount_tmpfs(point)
    fd = case.make_open("file", point)
    case.read(fd)
    os.rename(case.folder / "a", case.folder / "b")
    case.read(fd)
    os.close(fd)
    system.umount(case.folder / "b/point")


def private_mount(case):
    point = case.mkdir("point")

    def body(child):
        system.enter_private_mounts()
        system.mount_tmpfs(point)
        child.read_path(case.make("point/file"))

    case.child(body)


def chrooted(case):
    case.make("root/etc/file")

    def body(child):
        os.chroot(case.folder / "root")
        os.chdir("/")
        child.read_path("/etc/file")
        child.read_path("etc/../../etc/file")

    case.child(body)


def enter_container(merged):
    system.enter_private_mounts()
    system.unshare(system.CLONE_NEWPID)
    system.pivot_root(merged)


def make_container(name):
    """An overlay whose lower folder is on the disk and whose upper one is in memory, as the host
    mounts it; returns its root."""
    lower, upper, merged = OUTSIDE / f"lower-{name}", CONTAINER / f"upper-{name}", CONTAINER / name
    for file in (f"lower{SEEN}", f"copied{SEEN}"):
        path = lower / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789" * 100)
    for folder in (upper, merged):
        folder.mkdir(parents=True)
    system.mount_tmpfs(upper)
    for folder in ("upper", "work"):
        (upper / folder).mkdir()
    system.mount("overlay", merged, "overlay", data=f"lowerdir={lower},upperdir={upper}/upper,"
                                                    f"workdir={upper}/work")
    return merged


def container(case):
    """Nothing of it may be counted by what lies below the overlay."""
    merged = make_container(case.name)

    def read_all(child):
        child.read_path(f"/{case.name}/lower{SEEN}")
        fd = os.open(f"/{case.name}/copied{SEEN}", os.O_RDONLY)
        child.read(fd)
        with open(f"/{case.name}/copied{SEEN}", "ab") as file:
            file.write(b"more")
        child.read(fd)
        os.close(fd)
        child.read_path(f"/{case.name}/copied{SEEN}", times=5, size=2000)
        child.read_path(case.make(f"made{SEEN}", f"/{case.name}"))

    def body(child):
        enter_container(merged)
        child.fork(read_all)

    case.child(body)


def renamed_in_overlay(case):
    """The overlay renames its own folder, and the one that is below it."""
    merged = make_container(case.name)
    os.mkdir(f"{merged}/{case.name}/d")
    fd = case.make_open(f"file{SEEN}", f"{merged}/{case.name}/d")
    case.read(fd)
    os.rename(f"{merged}/{case.name}/d", f"{merged}/{case.name}/e")
    case.read(fd)
    case.read_path(f"{merged}/{case.name}/e/file{SEEN}")
    os.close(fd)


def pivoted_open(case):
    """Opened before its root became the root of all."""
    merged = make_container(case.name)

    def body(child):
        system.enter_private_mounts()
        fd = os.open(f"{merged}/{case.name}/lower{SEEN}", os.O_RDONLY)
        child.read(fd)
        system.pivot_root(merged)
        child.read(fd)
        child.read_path(f"/{case.name}/lower{SEEN}")

    case.child(body)


def into_container(case):
    """The host reaches into a container by /proc/PID/root."""
    merged = make_container(case.name)

    def body(child):
        system.enter_private_mounts()
        system.pivot_root(merged)
        child.wait("there")

    child = paths.Child(case, body)
    child.until("there")
    case.read_path(f"/proc/{child.pid}/root/{case.name}/lower{SEEN}")
    child.go()
    child.finish()


def btrfs(case):
    if not system.has_module("btrfs"):
        raise SkipCase("this kernel has no module btrfs")
    root = case.folder / "root"
    system.mount_image("/srv/btrfs.img", 256 << 20, root, "mkfs.btrfs", "-q", "-f")
    subprocess.run(["btrfs", "subvolume", "create", root / "sub"], stdout=subprocess.DEVNULL,
                   check=True)
    case.make("root/sub/file")
    subprocess.run(["btrfs", "subvolume", "snapshot", root / "sub", root / "snap"],
                   stdout=subprocess.DEVNULL, check=True)
    case.read_path(case.make("root/file"), times=4)
    # These two have one inode number.
    case.read_path(root / "sub/file", times=3)
    case.read_path(root / "snap/file", times=5)
    case.read_path(root / "sub/file", times=1)
    system.umount(root)


TABLE = table(
    ("bound-file", bound_file, FURTHER),
    ("bound-folder", bound_folder, ESSENTIAL),
    ("moved-out-of-bound", moved_out_of_bound, FURTHER),
    ("hung-up-open", hung_up_open, FURTHER),
    ("mounted-over", mounted_over, ESSENTIAL),
    ("unmounted-lazily", unmounted_lazily, FURTHER),
    ("unmounted-lazily-below", unmounted_lazily_below, FURTHER),
    ("namespace-ended", namespace_ended, FURTHER),
    ("mount-moved", mount_moved, ESSENTIAL),
    ("mount-point-renamed", mount_point_renamed, FURTHER),
    ("private-mount", private_mount, FURTHER),
    ("chrooted", chrooted, FURTHER),
    ("container", container, ESSENTIAL),
    ("renamed-in-overlay", renamed_in_overlay, FURTHER),
    ("pivoted-open", pivoted_open, FURTHER),
    ("into-container", into_container, FURTHER),
    ("btrfs", btrfs, FURTHER),
)
