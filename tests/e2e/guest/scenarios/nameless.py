# SPDX-License-Identifier: Apache-2.0
"""What is no file on a disk: all read by one process whose pid the daemon knows."""
import ctypes
import os
import socket

from harness import paths
from scenarios.case import ESSENTIAL, FURTHER, OUTSIDE, table


def proc_file(child):
    child.read_path("/proc/self/status")
    child.read_path("/proc/self/task/../limits")


def sysfs_file(child):
    child.read_path("/sys/class/net/lo/mtu")


def memfd(child):
    fd = os.memfd_create("vault\\\n")
    os.write(fd, b"0123456789")
    child.read(fd)


def pipe(child):
    here, there = os.pipe()
    os.write(there, b"0123456789" * 3)
    child.read(here, call=paths.read_plainly)


def unix_socket(child):
    here, there = socket.socketpair()
    there.send(b"0123456789" * 3)
    child.read(here.fileno(), call=paths.read_plainly)


def eventfd(child):
    fd = os.eventfd(7)
    child.read(fd, times=1, size=8, call=paths.read_plainly)


def inotify(child):
    libc = ctypes.CDLL(None)
    fd = libc.inotify_init1(0)
    in_create = 0x100
    libc.inotify_add_watch(fd, os.fsencode(OUTSIDE), in_create)
    (OUTSIDE / "noticed").touch()
    child.read(fd, times=1, size=1000, call=paths.read_plainly)


TABLE = table(
    ("proc", proc_file, FURTHER),
    ("sysfs", sysfs_file, FURTHER),
    ("memfd", memfd, FURTHER),
    ("pipe", pipe, ESSENTIAL),
    ("socket", unix_socket, FURTHER),
    ("eventfd", eventfd, FURTHER),
    ("inotify", inotify, FURTHER),
)
