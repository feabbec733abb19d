# SPDX-License-Identifier: Apache-2.0
"""What the cases share: a folder, the reads that shall be counted, and their tables."""
import collections
import os
import pathlib
import re

from harness import paths

# A file system with a journal: without one ext4 waits before it uses an inode again.
DISK = pathlib.Path("/srv/e")
WATCHED = DISK / "t"
OUTSIDE = DISK / "out"
# Where the path is not below WATCHED, a case's file ends with this.
SEEN = ".seen"
PATH_MAX = 4096
SIZE_UNDER_RENAMES = 3
LOOPS = 100
# There only the essential cases run.
BRIEFLY = ("5.10.", "6.12.")
ESSENTIAL, FURTHER = True, False
ALL_CASES = not os.uname().release.startswith(BRIEFLY)

Scenario = collections.namedtuple("Scenario", "name function essential")


class SkipCase(Exception):
    """This kernel has not what the case is about."""


class Case(paths.Book):
    """A folder of its own below the watched one, and the reads that shall be counted."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.folder = WATCHED / name
        self.outside = OUTSIDE / name
        # Where only the sum over some labels is known: these, and the number of reads.
        self.labels, self.reads = [], 0

    def begin(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.outside.mkdir(parents=True)

    def make(self, name, folder=None):
        """A file of 1000 bytes, and its path."""
        path = os.path.join(os.fsencode(folder or self.folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"0123456789" * 100)
        return os.fsdecode(path)

    def make_open(self, name, folder=None):
        return os.open(self.make(name, folder), os.O_RDONLY)

    def mkdir(self, name, folder=None):
        path = pathlib.Path(folder or self.folder) / name
        path.mkdir(parents=True)
        return path

    def child(self, body):
        """Runs it in a process of its own, to its end."""
        paths.Child(self, body).finish()

    def wanted(self):
        """{label: (bytes, calls)} of the reads that the target wants."""
        return {label: tuple(row) for label, row in self.rows.items()
                if label.startswith(f"{WATCHED}/") or label.endswith(SEEN)}

    def owns(self, label):
        return label in self.rows or self.name in re.split(r"[/.]", label)

    def total(self):
        """(bytes, calls) that the target wants."""
        return total(self.wanted().values(), (self.reads * SIZE_UNDER_RENAMES, self.reads))


def total(rows, start=(0, 0)):
    return tuple(sum((row[i] for row in rows), start[i]) for i in (0, 1))


def table(*rows):
    """Those of the rows (name, function, essential) that this kernel shall run."""
    return [Scenario(*row) for row in rows if row[2] or ALL_CASES]
