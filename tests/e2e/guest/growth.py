# SPDX-License-Identifier: Apache-2.0
"""Reloads, one after the other, while a program reads: each leaves the daemon and the kernel as
large as the one before did, and nothing of what is read is lost."""
import sys

from harness import checks, daemon, endpoint, paced, size

LONG = "--long" in sys.argv
RELOADS, EACH = (1000, 25) if LONG else (12, 1)
# They make a second set of programs beside the tables of the first, and the heap grows to what two
# sets take.
WARM_UP = 3


def config(number):
    """The same target at another place, beside one that comes and goes."""
    targets = [{"name": "paced", "paths": {"include": [f"{paced.DATA}/**"]}},
               {"name": f"only{number}", "paths": {"include": [f"/srv/growth/{number}/**"]}}]
    return {"targets": targets[::-1] if number % 2 else targets}


def body(check):
    daemon.start(config(0))
    reader = paced.Paced(endpoint.scrape, "paced")
    sizes = []
    for number in range(1, RELOADS + 1):
        daemon.configure(config(number))
        daemon.systemctl("reload", daemon.UNIT)
        if number > WARM_UP and number % EACH == 0:
            sizes.append(size.now())
            checks.say(f"{number} reloads, {sizes[-1]}")
    reader.end_and_check(check)
    size.check_flat(check, f"{RELOADS} reloads", sizes)
    daemon.stop()


checks.run("growth", body)
