# SPDX-License-Identifier: Apache-2.0
"""Names of any bytes, and of any length."""
import os

from scenarios.case import ESSENTIAL, FURTHER, PATH_MAX, table


def names(case):
    for name in (b"new\nline", b"tab\t", b'"quoted"', b"back\\slash", b"\\x41", b"\\", b"\xff\xfe",
                 b"cut\xe2\x82", "\N{GRINNING FACE}\N{SNOWMAN}é".encode(), b"\x7f", b" ", b"{a=b}",
                 b"#", b"*", b"a//b"):
        case.read_path(case.make(name), times=len(name))


def all_bytes(case):
    case.read_path(case.make(bytes(code for code in range(1, 256) if code != ord("/"))))


def longest_name(case):
    case.read_path(case.make("n" * 255))
    case.read_path(case.make(b"\xff" * 255))


def go_down(case, *folders):
    """Makes folders below the case's and goes there, whatever the whole path's length."""
    os.chdir(case.folder)
    for folder in folders:
        os.mkdir(folder)
        os.chdir(folder)


def longest_path(case):
    """4095 bytes, the most that is shown whole."""
    left = PATH_MAX - 1 - len(f"{case.folder}/")
    folders = ["d" * 199] * (left // 200 - 1)
    left -= len(folders) * 200
    half = left // 2

    def body(child):
        go_down(case, *folders, "e" * half)
        child.read(case.make_open("f" * (left - half - 1), "."))

    case.child(body)
    assert list(map(len, case.rows)) == [PATH_MAX - 1], list(map(len, case.rows))


def deep(case):

    def body(child):
        go_down(case, *(f"l{i}" for i in range(90)))
        child.read(case.make_open("file", "."))

    case.child(body)


TABLE = table(
    ("names", names, FURTHER),
    ("all-bytes", all_bytes, ESSENTIAL),
    ("longest-name", longest_name, FURTHER),
    ("longest-path", longest_path, FURTHER),
    ("deep", deep, ESSENTIAL),
)
