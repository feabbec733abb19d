# SPDX-License-Identifier: Apache-2.0
"""What of BPF there is in the kernel."""
import collections
import json

from harness import checks, daemon

GONE_SECONDS = 15
# Its devices' rules, and the address lists of its units, which the daemon has none of.
OF_SYSTEMD = ("cgroup", "lpm_trie")


def objects():
    """(kind, id, name) of programs, links and maps, without what systemd itself keeps for its
    cgroups."""
    found = set()
    for kind in ("prog", "link", "map"):
        listed = json.loads(daemon.command("bpftool", "-j", kind, "show")[1] or "[]")
        found |= {(kind, entry["id"], entry.get("name", "")) for entry in listed
                  if not str(entry.get("type", "")).startswith(OF_SYSTEMD)}
    return found


def names(found):
    """{(kind, name): how many}"""
    return dict(collections.Counter((kind, name) for kind, _, name in found))


def left_since(before):
    """What is there beside `before`; the kernel frees what was given up a moment later."""
    checks.until(lambda: not objects() - before, GONE_SECONDS)
    return sorted(objects() - before)
