# SPDX-License-Identifier: Apache-2.0
"""The methods that a kernel offers, and what the daemon itself says of each."""
import collections
import os

from harness import checks, daemon, endpoint

ATTACHED = "vfswatch_probe_attached"
PERMISSION_CHECKS = ("file_permission", "security_file_permission")
REFUSED = ("69", "77")
MAY_MISS = "although it may miss"
# Probes through tracefs need more than the unit gives.
TRACEFS = """User=root
AmbientCapabilities=CAP_SYS_ADMIN CAP_DAC_OVERRIDE
CapabilityBoundingSet=CAP_SYS_ADMIN CAP_DAC_OVERRIDE
ProtectKernelTunables=no
SystemCallFilter=perf_event_open
"""

Methods = collections.namedtuple("Methods", "accounting exit")
AUTO = Methods("auto", "auto")
ACCOUNTING = ("lsm", "fentry", "kprobe_multi")
EXIT = ("fexit", "kprobe_multi", "kprobe")
# in_use: Methods; exact: does the accounting see every read, by the daemon's own trial?
Started = collections.namedtuple("Started", "in_use exact")


def in_use(page):
    """The methods of the running daemon; a role without a probe is "off"."""
    accounting = {labels["function"]: labels["method"]
                  for labels, _ in page.samples(ATTACHED, role="accounting")}
    for function in PERMISSION_CHECKS:
        if function in accounting:
            exits = {labels["method"] for labels, _ in page.samples(ATTACHED, role="exit")}
            return Methods(accounting[function], exits.pop() if exits else "off")
    return Methods("exit", accounting.get("vfs_read"))


def others(used):
    """What `auto` did not take: each other method of one role beside the other role's, and then
    the last rung."""
    return [*(Methods(method, used.exit) for method in ACCOUNTING if method != used.accounting),
            *(Methods(used.accounting, method) for method in EXIT if method != used.exit),
            Methods("exit", _exact_end())]


def _exact_end():
    """What sees every end of a read, and of what can account the only such one."""
    return "kprobe_multi" if int(os.uname().release.split(".")[0]) >= 7 else "fexit"


def name(methods):
    return f"{methods.accounting}+{methods.exit}"


def start(config, wishes):
    """Starts the daemon with these methods; None, with a line SKIP, where the kernel refuses
    them."""
    cursor = daemon.journal_cursor()
    _give(TRACEFS if wishes.exit == "kprobe" else "")
    try:
        daemon.start(config | {"probe": wishes._asdict()})
    except daemon.DaemonError:
        if daemon.shown("ExecMainStatus") not in REFUSED:
            raise
        return skip(wishes, _told(cursor)[-1])
    told = _told(cursor)
    return Started(in_use(endpoint.scrape()), not any(
        text.startswith("accounting by") and MAY_MISS in text for text in told))


def skip(wishes, why):
    checks.say(f"SKIP {name(wishes)}: {why}")


def all_ends_seen(page, what):
    """False, with a line SKIP, where the daemon says that it missed ends of reads: there errors and
    ends of file are too low, and that is what it promises."""
    missed = page.sum(endpoint.MISSED, role="exit")
    if missed:
        checks.say(f"SKIP {what}: it says that it missed {missed} ends of reads")
    return not missed


def _give(settings):
    text = daemon.PATIENCE + settings
    if not daemon.DROP_IN.exists() or daemon.DROP_IN.read_text() != text:
        daemon.drop_in(text)


def _told(cursor):
    return [entry["MESSAGE"] for entry in daemon.journal_entries(cursor)]
