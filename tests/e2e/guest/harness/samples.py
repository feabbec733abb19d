# SPDX-License-Identifier: Apache-2.0
"""Samples of what was read: how many the endpoint counts, and what their entries say."""
import base64
import collections
import re

from harness import checks, daemon, endpoint

SAMPLED = "vfswatch_snippets_sampled_total"
OUTCOMES = "vfswatch_snippets_total"
NO_OUTCOMES = dict.fromkeys(("written", "rate_limited", "ring_full", "queue_full", "fault",
                             "journal_error"), 0)
# As many as can be: what limits then is limits.snippets_per_second.
ANY_RATE = "1000000/s"
MOST_PER_SECOND = 200

# A sampled read, as its entry tells it. offset: None where the entry has none; fields: all of it.
Entry = collections.namedtuple("Entry", "target pid tid comm uid path offset requested bytes "
                                        "truncated encoding snippet fields")

ESCAPE = re.compile(rb"\\(?:x..|.)", re.DOTALL)
NEVER_PLAIN = re.compile(rb'[\\"\x00-\x1f\x7f]')
LETTERS = {rb"\n": b"\n", rb"\t": b"\t", rb"\r": b"\r", rb"\\": b"\\", rb"\"": b'"'}
# By a number only what neither prints nor has a letter.
BYTES = LETTERS | {b"\\x%02x" % byte: bytes([byte]) for byte in range(256)
                   if not 0x20 <= byte < 0x7f and byte not in b"\n\t\r"}


def target(name, include, sample="1/1", rate=ANY_RATE, **more):
    """A target of the config; `more`: further settings of its snippets."""
    return {"name": name, "paths": {"include": include},
            "snippets": {"sample": sample, "rate": rate, **more}}


def sampled(page, name):
    return page.sum(SAMPLED, target=name)


def outcomes(page, name):
    """{outcome: samples} of the target"""
    return page.by(OUTCOMES, "outcome", target=name)


def at_rest(*names, seconds=60):
    """The page once each sample has its outcome and no more samples come, or time is over."""
    pages = [endpoint.scrape()]

    def rests():
        pages.append(endpoint.scrape())
        before, now = pages[-2:]
        return all(sampled(before, name) == sampled(now, name) == sum(outcomes(now, name).values())
                   for name in names)

    checks.until(rests, seconds, 0.5)
    return pages[-1]


def check_sums(check, page, found, *names):
    """Of a page at rest, and of all entries since the daemon's start: each sample has one outcome,
    and each that is written one entry."""
    number = collections.Counter(entry.target for entry in found)
    for name in names:
        ends = outcomes(page, name)
        check.equal(f"{name} outcomes", set(ends), set(NO_OUTCOMES))
        told = {outcome: value for outcome, value in ends.items() if value}
        check.equal(f"{name} sampled == sum of outcomes {told}", sampled(page, name),
                    sum(ends.values()))
        check.equal(f"{name} entries == written", number[name], ends.get("written"))


def entries(cursor, name=None):
    """Entries since then of sampled reads, of all targets or of one."""
    found = [_entry(fields) for fields in daemon.journal_entries(cursor)
             if "VFSWATCH_SNIPPET" in fields]
    return [entry for entry in found if name in (None, entry.target)]


def warnings(cursor, pattern):
    """Texts of the daemon's warnings since then."""
    return [fields["MESSAGE"] for fields in daemon.journal_entries(cursor)
            if fields["PRIORITY"] == "4" and re.search(pattern, str(fields["MESSAGE"]))]


def _entry(fields):
    def text(name):
        return raw(fields[f"VFSWATCH_{name}"]).decode()

    def number(name):
        return int(text(name))

    encoding = text("ENCODING")
    return Entry(text("TARGET"), number("PID"), number("TID"), text("COMM"), number("UID"),
                 text("PATH"), number("OFFSET") if "VFSWATCH_OFFSET" in fields else None,
                 number("REQUESTED"), number("BYTES"), number("TRUNCATED"), encoding,
                 DECODERS[encoding](raw(fields["VFSWATCH_SNIPPET"])), fields)


def raw(value):
    """A field's bytes; journalctl shows those that do not print as numbers."""
    return bytes(value) if isinstance(value, list) else value.encode()


def from_text(shown):
    """Undoes the C-style escapes; nothing may be escaped otherwise, or without need, or left."""
    found = NEVER_PLAIN.search(ESCAPE.sub(b"", shown))
    if found:
        raise ValueError(f"not escaped: {found[0]!r} in {shown!r}")
    return ESCAPE.sub(lambda escape: BYTES[escape[0]], shown)


DECODERS = {"text": from_text, "hex": lambda shown: bytes.fromhex(shown.decode()),
            "base64": lambda shown: base64.b64decode(shown, validate=True)}
