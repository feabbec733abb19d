# SPDX-License-Identifier: Apache-2.0
"""Names that change, and files that leave the watched folder and come back."""
import os
import subprocess

from harness import system
from scenarios.case import ESSENTIAL, FURTHER, SIZE_UNDER_RENAMES, table

RENAMES = 8000
FILES_UNDER_RENAMES = 100


def renamed_open(case):
    fd, unread = case.make_open("file"), case.make_open("unread")
    case.read(fd)
    os.rename(case.folder / "file", case.folder / "file.1")
    os.rename(case.folder / "unread", case.folder / "unread.1")
    case.read(fd)
    case.read(unread)
    os.rename(case.folder / "file.1", case.folder / "file")
    case.read(fd)
    case.read_path(case.folder / "unread.1")
    os.close(fd)
    os.close(unread)


def renamed_over(case):
    fd, lost = case.make_open("file"), case.make_open("lost")
    case.read(fd)
    case.read(lost)
    os.rename(case.folder / "file", case.folder / "lost")
    case.read(fd)
    case.read(lost)
    case.read(fd)
    os.close(fd)
    os.close(lost)


def _read_exchanged(case, one, other, swap):
    case.read(one)
    case.read(other)
    for _ in range(2):
        swap()
        case.read(other, times=1)
        case.read(one, times=2)
    swap()
    case.read(one, times=4)
    case.read(other, times=5)
    os.close(one)
    os.close(other)


def exchanged_files(case):
    one, other = case.make_open("one"), case.make_open("other")
    _read_exchanged(case, one, other,
                    lambda: system.exchange(case.folder / "one", case.folder / "other"))


def exchanged_folders(case):
    one, other = case.make_open("one/of-one"), case.make_open("other/of-other")
    _read_exchanged(case, one, other,
                    lambda: system.exchange(case.folder / "one", case.folder / "other"))


def exchanged_file_and_folder(case):
    """And with it the places of what is below the folder."""
    file, below = case.make_open("one"), case.make_open("other/below")
    _read_exchanged(case, file, below,
                    lambda: system.exchange(case.folder / "one", case.folder / "other"))


def renamed_folder(case):
    """The same file before and after; another one only after; and back."""
    fd, unread = case.make_open("d/file"), case.make_open("d/unread")
    case.read(fd)
    os.rename(case.folder / "d", case.folder / "e")
    case.read(fd)
    case.read(unread)
    os.rename(case.folder / "e", case.folder / "d")
    case.read(unread)
    case.read(fd)
    os.close(fd)
    os.close(unread)


def renamed_folder_first(case):
    """No read of the file before, and the next one by its new path."""
    fd = case.make_open("d/file")
    os.rename(case.folder / "d", case.folder / "e")
    case.read(fd)
    case.read_path(case.folder / "e/file")
    os.close(fd)


def renamed_grandparent(case):
    fd = case.make_open("a/b/c/file")
    case.read(fd)
    os.rename(case.folder / "a", case.folder / "z")
    case.read(fd)
    os.rename(case.folder / "z/b", case.folder / "y")
    case.read(fd)
    os.close(fd)


def renamed_under_reads(case):
    """A folder changes its name all the time while another process reads: each read counts once,
    under one of the two names, or under none where the whole read fell into the change."""
    _rename_under_reads(case, "d", "e")


def moved_under_reads(case):
    """The same with another name in another folder: half a move is no name."""
    os.mkdir(case.folder / "a")
    os.mkdir(case.folder / "b")
    _rename_under_reads(case, "a/d", "b/e")


def _rename_under_reads(case, *folders):
    """Each file's path is made anew after a rename: with so many it is made all the time."""
    names = [f"file{i}" for i in range(FILES_UNDER_RENAMES)]
    case.labels = [f"{case.folder}/{folder}/{name}" for folder in folders for name in names]
    fds = [case.make_open(f"{folders[0]}/{name}") for name in names]
    told, tell = os.pipe()
    reader = os.fork()
    if reader == 0:
        read_until_told(fds, case.outside / "enough", tell)
    for fd in (*fds, tell):
        os.close(fd)
    os.read(told, 1)
    places = [case.folder / folder for folder in folders]
    for _ in range(RENAMES // 2):
        os.rename(places[0], places[1])
        os.rename(places[1], places[0])
    case.make("enough", case.outside)
    os.waitpid(reader, 0)
    case.reads = int(os.read(told, 100))
    os.close(told)


def read_until_told(fds, sign, tell):
    """Body of a process: says that it reads, and in the end how often it did."""
    try:
        reads = 0
        while not sign.exists():
            for fd in fds:
                os.pread(fd, SIZE_UNDER_RENAMES, 0)
            reads += len(fds)
            if reads == len(fds):
                os.write(tell, b".")
        os.write(tell, str(reads).encode())
    finally:
        os._exit(0)


# Into the watched folder and out of it.

def moved_out_and_in(case):
    fd = case.make_open("file")
    case.read(fd)
    for there, back in ((case.folder, case.outside), (case.outside, case.folder)):
        subprocess.run(["mv", there / "file", back / "file"], check=True)
        case.read(fd)
        case.read_path(back / "file")
    os.close(fd)


def moved_folder_out_and_in(case):
    fd = case.make_open("d/file")
    case.read(fd)
    for there, back in ((case.folder, case.outside), (case.outside, case.folder)):
        subprocess.run(["mv", there / "d", back / "d"], check=True)
        case.read(fd)
        case.read_path(back / "d/file")
    os.close(fd)


def born_outside(case):
    """Read first where nobody watches."""
    fd = case.make_open("d/file", case.outside)
    case.read(fd)
    os.rename(case.outside / "d", case.folder / "d")
    case.read(fd)
    os.rename(case.folder / "d/file", case.outside / "file")
    case.read(fd)
    os.close(fd)


TABLE = table(
    ("renamed-open", renamed_open, ESSENTIAL),
    ("renamed-over", renamed_over, FURTHER),
    ("exchanged-files", exchanged_files, FURTHER),
    ("exchanged-file-and-folder", exchanged_file_and_folder, FURTHER),
    ("exchanged-folders", exchanged_folders, ESSENTIAL),
    ("renamed-folder", renamed_folder, ESSENTIAL),
    ("renamed-folder-first", renamed_folder_first, FURTHER),
    ("renamed-grandparent", renamed_grandparent, ESSENTIAL),
    ("renamed-under-reads", renamed_under_reads, FURTHER),
    ("moved-under-reads", moved_under_reads, FURTHER),
    ("moved-out-and-in", moved_out_and_in, FURTHER),
    ("moved-folder-out-and-in", moved_folder_out_and_in, ESSENTIAL),
    ("born-outside", born_outside, FURTHER),
)
