# SPDX-License-Identifier: Apache-2.0
"""Named checks: each prints a line, and together they decide the exit status."""
import subprocess
import sys
import time
import traceback

JOURNAL_LINES = "60"


class Checks:
    """Goes on after a failure: one boot shall tell all that is wrong."""

    def __init__(self, test):
        self.test = test
        self.passed = 0
        self.failed = 0

    def equal(self, name, got, wanted):
        """`got` and `wanted` are the same, to the byte."""
        return self.true(name, got == wanted, f"{_short(got)} {'=' if got == wanted else '!'}= "
                                              f"{_short(wanted)}")

    def same(self, name, got, wanted):
        """Two dicts hold the same; says where they do not."""
        keys = sorted(got.keys() | wanted.keys(), key=str)
        wrong = [f"{key}: {got.get(key)} != {wanted.get(key)}" for key in keys
                 if got.get(key) != wanted.get(key)]
        detail = "; ".join(wrong[:6]) or f"all {len(keys)} are equal"
        return self.true(name, not wrong, f"{len(wrong)} of {len(keys)} differ: {detail}"
                         if wrong else detail)

    def true(self, name, holds, detail=""):
        self.passed += bool(holds)
        self.failed += not holds
        word = "PASS" if holds else "FAIL"
        print(f"{word} {self.test}.{name}" + (f": {detail}" if detail else ""), flush=True)
        return holds


def _short(value, limit=600):
    text = str(value)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def say(text):
    print(f"  .. {time.monotonic():.0f}s {text}", flush=True)


def run(test, body):
    """Runs `body(checks)`; exits with 0 when all checks held."""
    checks = Checks(test)
    begin = time.monotonic()
    try:
        body(checks)
    except Exception:  # pylint: disable=broad-except
        # A test that could not go on has failed, and its checks so far are worth showing.
        checks.failed += 1
        print(f"FAIL {test}: {traceback.format_exc()}", flush=True)
    if checks.failed:
        _show_journal()
    print(f"{test}: {checks.passed} passed, {checks.failed} failed, "
          f"{time.monotonic() - begin:.0f} s", flush=True)
    sys.exit(1 if checks.failed or not checks.passed else 0)


def _show_journal():
    text = subprocess.run(["journalctl", "-u", "vfswatchd", "-n", JOURNAL_LINES, "--no-pager"],
                          stdout=subprocess.PIPE, check=False, text=True, errors="replace").stdout
    print("--- the daemon's journal\n" + text + "---", flush=True)


def until(look, seconds, pause=0.2):
    """Calls `look` until it returns something true or the time is over; returns its last word."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen or time.monotonic() >= end:
            return seen
        time.sleep(pause)
