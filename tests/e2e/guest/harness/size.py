# SPDX-License-Identifier: Apache-2.0
"""What the daemon and its part of the kernel hold at one moment, and whether it grows."""
import collections
import os
import pathlib
import re

from harness import daemon, kernel

RSS_MAY_DIFFER = 0.05
# Connections of scrapers, of which there are more or fewer at any moment.
CLIENTS = 3

Size = collections.namedtuple("Size", "descriptors stored programs links maps rss")


def now():
    pid = daemon.shown("MainPID")
    rss = int(re.search(r"^VmRSS:\s+(\d+) kB$",
                        pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1])
    kinds = collections.Counter(kind for kind, _, _ in kernel.objects())
    return Size(len(os.listdir(f"/proc/{pid}/fd")), int(daemon.shown("NFileDescriptorStore")),
                kinds["prog"], kinds["link"], kinds["map"], rss)


def check_flat(check, name, sizes):
    """The least of the first and of the last third: what the kernel and the heap have not given
    back yet differs."""
    third = len(sizes) // 3
    for field in Size._fields:
        values = [getattr(size, field) for size in sizes]
        first, last = min(values[:third]), min(values[-third:])
        limit = {"rss": first * (1 + RSS_MAY_DIFFER), "descriptors": first + CLIENTS}.get(field, first)
        check.true(f"{name} flat {field}", last <= limit, f"{first}, then {last}: {values}")
