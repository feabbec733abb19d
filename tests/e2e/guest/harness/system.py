# SPDX-License-Identifier: Apache-2.0
"""System calls that Python 3.11 has no function for, and file systems in files."""
import ctypes
import os
import subprocess

MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 0x1000, 0x2000, 0x4000, 0x40000
MNT_DETACH = 2
CLONE_NEWNS, CLONE_NEWCGROUP = 0x20000, 0x2000000
CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
RENAME_EXCHANGE = 2
PR_SET_NAME = 15
AT_FDCWD = -100
# The same on all architectures; Debian 12's C library has no functions for them.
SYS_OPEN_TREE, SYS_MOVE_MOUNT = 428, 429
OPEN_TREE_CLONE = 1
MOVE_MOUNT_F_EMPTY_PATH = 4

_LIBC = ctypes.CDLL(None, use_errno=True)


def _call(name, *arguments):
    if getattr(_LIBC, name)(*arguments) == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}{arguments}: {os.strerror(error)}")


def _text(value):
    return None if value is None else os.fsencode(value)


def mount(source, target, kind=None, flags=0, data=None):
    _call("mount", _text(source), _text(target), _text(kind), ctypes.c_ulong(flags), _text(data))


def mount_tmpfs(target):
    mount("tmpfs", target, "tmpfs")


def bind(source, target):
    mount(source, target, flags=MS_BIND)


def be_private(target, recursive=False):
    """What is mounted below it from now on shows in no other namespace."""
    mount(None, target, flags=MS_PRIVATE | (MS_REC if recursive else 0))


def open_tree(path):
    """Descriptor of a clone of the mount, which hangs nowhere."""
    fd = _LIBC.syscall(SYS_OPEN_TREE, AT_FDCWD, _text(path), OPEN_TREE_CLONE)
    if fd < 0:
        raise OSError(ctypes.get_errno(), f"open_tree {path}")
    return fd


def hang(tree, target):
    """Mounts what `open_tree` returned."""
    _call("syscall", SYS_MOVE_MOUNT, tree, b"", AT_FDCWD, _text(target), MOVE_MOUNT_F_EMPTY_PATH)


def umount(target, flags=0):
    _call("umount2", _text(target), flags)


def unshare(flags):
    _call("unshare", flags)


def enter_private_mounts():
    """A mount namespace of this process's own."""
    unshare(CLONE_NEWNS)
    be_private("/", recursive=True)


def pivot_root(folder):
    """`folder`, a mount, becomes the root of this mount namespace; the old one is gone."""
    os.chdir(folder)
    _call("pivot_root", b".", b".")
    umount(".", MNT_DETACH)
    os.chdir("/")


def exchange(one, other):
    """Two names change places in one step."""
    _call("renameat2", AT_FDCWD, _text(one), AT_FDCWD, _text(other), RENAME_EXCHANGE)


def set_thread_name(name):
    _call("prctl", PR_SET_NAME, _text(name), 0, 0, 0)


def has_module(name):
    done = subprocess.run(["modprobe", name], stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def mount_image(image, size, target, *make):
    """Makes a file system in a file with the program `make` and mounts it."""
    with open(image, "wb") as file:
        file.truncate(size)
    subprocess.run([*make, image], stdout=subprocess.DEVNULL, check=True)
    os.makedirs(target, exist_ok=True)
    subprocess.run(["mount", "-o", "loop", image, target], check=True)
