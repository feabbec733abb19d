# SPDX-License-Identifier: Apache-2.0
"""A boot ends what persist_on_stop had kept: the next one counts from 0 and adopts nothing. This
program runs once before it and once behind it."""
import os
import pathlib
import time

from harness import checks, daemon, endpoint, kernel, lives, steady

DATA = pathlib.Path("/srv/reboots")
BEFORE = DATA / "before"
STATE = pathlib.Path("/var/lib/vfswatchd/state")
PINS = pathlib.Path("/sys/fs/bpf/vfswatchd")
BOOT_ID = pathlib.Path("/proc/sys/kernel/random/boot_id")
CONFIG = {"persist_on_stop": True,
          "targets": [{"name": "data", "paths": {"include": [f"{DATA}/**"]}}]}
FILE, BYTES = DATA / "file", 100


def counted():
    return endpoint.scrape().files(target="data")


def read(times):
    """Two calls each: whoever opens reads to the end."""
    for _ in range(times):
        FILE.read_bytes()
    return {str(FILE): (times * BYTES, times * 2)}


def before_the_boot():
    """Leaves counts as a stop at shutdown leaves them; does not return."""
    DATA.mkdir(parents=True)
    FILE.write_bytes(b"x" * BYTES)
    daemon.start(CONFIG)
    wanted = read(3)
    if endpoint.until_equal(counted, wanted) != wanted:
        raise ValueError(counted())
    BEFORE.write_text(BOOT_ID.read_text())
    os.sync()
    daemon.systemctl("reboot")
    while True:
        time.sleep(60)


def body(check):
    if not BEFORE.exists():
        before_the_boot()
    check.true("it is another boot", BEFORE.read_text() != BOOT_ID.read_text())
    check.true("the stop at shutdown has left its state", STATE.exists())
    check.equal("the kernel has nothing of it", (kernel.objects(), PINS.exists()), (set(), False))
    cursor = daemon.journal_cursor()
    # A boot brings the guest's first one back.
    daemon.configure(CONFIG)
    daemon.systemctl("start", daemon.UNIT)
    check.equal("counts from 0", counted(), {})
    check.equal("no state that should have fitted", set(steady.resets(endpoint.scrape()).values()),
                {0})
    check.true("goes on with nothing",
               not any(text.startswith(lives.GOING_ON) for text in lives.told(cursor)))
    wanted = read(2)
    check.equal("counts", endpoint.until_equal(counted, wanted), wanted)
    daemon.systemctl("restart", daemon.UNIT)
    check.equal("goes on over a restart", endpoint.until_equal(counted, wanted), wanted)
    daemon.command("vfswatchctl", "unpin")
    daemon.configure({**CONFIG, "persist_on_stop": False})
    daemon.systemctl("reload", daemon.UNIT)
    daemon.stop()


checks.run("reboots", body)
