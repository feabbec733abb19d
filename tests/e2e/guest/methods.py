# SPDX-License-Identifier: Apache-2.0
"""By every method that this kernel offers: a mix of all calls, and reads beside blocked ones, with
a scraper beside them. One start of the daemon for both: loading takes most of the time."""
import blocked
import mix
from harness import checks, endpoint, rungs, scraper

READS_OF_AUTO, READS_OF_OTHERS = 6000, 1500


def count_by(check, wishes, waiting, reads, seed):
    """Returns the methods that the daemon then uses; None where there is nothing to compare."""
    random = mix.Mix(wishes.accounting, reads, seed)
    started = rungs.start({"targets": random.targets() + waiting.targets()}, wishes)
    if started is not None and not started.exact:
        started = rungs.skip(wishes, "its own trial found that it misses reads here")
    if started is None:
        random.drop()
        return None
    name = rungs.name(started.in_use)
    if wishes == rungs.AUTO:
        name += " by auto"
    scrapes = scraper.Scraper(0.1)
    random.run(check, name)
    waiting.run(check, name)
    scrapes.end_and_check(check, name, 3)
    check.equal(f"{name} lost", endpoint.scrape().losses(), {})
    checks.say(f"{name} is done")
    return started.in_use


def body(check):
    waiting = blocked.Blocked()
    by_auto = count_by(check, rungs.AUTO, waiting, READS_OF_AUTO, seed=1)
    check.true("the kernel offers a method", by_auto is not None)
    for seed, wishes in enumerate(rungs.others(by_auto), start=2):
        count_by(check, wishes, waiting, READS_OF_OTHERS, seed)
    waiting.end()


checks.run("methods", body)
