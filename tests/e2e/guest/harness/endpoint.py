# SPDX-License-Identifier: Apache-2.0
"""The endpoint as a scraper sees it. Integers stay integers, whatever their size."""
import collections
import http.client
import re
import time

HOST, PORT = "127.0.0.1", 9974
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(.)")

FILE_BYTES = "vfswatch_file_read_bytes_total"
FILE_CALLS = "vfswatch_file_read_calls_total"
FILE_ERRORS = "vfswatch_file_read_errors_total"
FILE_EOFS = "vfswatch_file_read_eofs_total"
TARGET_BYTES = "vfswatch_target_read_bytes_total"
TARGET_CALLS = "vfswatch_target_read_calls_total"
TARGET_ERRORS = "vfswatch_target_read_errors_total"
OVERFLOW_BYTES = "vfswatch_overflow_read_bytes_total"
OVERFLOW_CALLS = "vfswatch_overflow_read_calls_total"
UNATTRIBUTED_BYTES = "vfswatch_unattributed_read_bytes_total"
UNATTRIBUTED_CALLS = "vfswatch_unattributed_read_calls_total"
DROPPED = "vfswatch_dropped_total"
MISSED = "vfswatch_probe_missed_total"

Response = collections.namedtuple("Response", "status headers body")


def get(path="/metrics", method="GET", headers=None, host=HOST, port=PORT, seconds=60):
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return Response(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


class Page:
    """One scrape: samples by family and target, each (labels, value). Its syntax is promtool's to
    check; here the guest's slow processor counts."""

    def __init__(self, text, target=None):
        self.families = collections.defaultdict(lambda: collections.defaultdict(list))
        wanted = None if target is None else f'target="{target}"'
        for line in text.split("\n"):
            if not line or line.startswith("#"):
                continue
            if wanted is not None and 'target="' in line and wanted not in line:
                continue
            self._add(line)

    def _add(self, line):
        sample, _, value = line.rpartition(" ")
        name, _, labels = sample.partition("{")
        pairs = {key: _unescaped(text) for key, text in LABEL.findall(labels)}
        self.families[name][pairs.get("target")].append(
            (pairs, int(value) if value.isdigit() else float(value)))

    def samples(self, family, **labels):
        """[(labels, value)] of the family whose labels hold all of these."""
        targets = self.families[family]
        if "target" in labels:
            rows = targets[labels["target"]]
        else:
            rows = [row for of_target in targets.values() for row in of_target]
        return [(found, value) for found, value in rows
                if all(found.get(key) == text for key, text in labels.items())]

    def sum(self, family, **labels):
        return sum(value for _, value in self.samples(family, **labels))

    def by(self, family, label, **labels):
        """{value of `label`: sum} over the samples that hold `labels`."""
        sums = collections.Counter()
        for found, value in self.samples(family, **labels):
            sums[found[label]] += value
        return dict(sums)

    def files(self, **labels):
        """{path: (bytes, calls)}"""
        calls = self.by(FILE_CALLS, "path", **labels)
        return {path: (count, calls[path])
                for path, count in self.by(FILE_BYTES, "path", **labels).items()}

    def losses(self):
        """What a healthy run has none of, as {text: amount}."""
        families = (UNATTRIBUTED_BYTES, UNATTRIBUTED_CALLS, OVERFLOW_BYTES, OVERFLOW_CALLS, DROPPED,
                    MISSED)
        return {f"{family}{labels}": value for family in families
                for labels, value in self.samples(family)
                if value and labels.get("role") != "exit" and labels.get("reason") != "residue_torn"
                # Its reads were settled before.
                and labels.get("function") != "security_task_free"}


def _unescaped(text):
    if "\\" not in text:
        return text
    return ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text)


def scrape(target=None):
    """The page of this moment; with `target`, without the other targets' samples."""
    answer = get()
    if answer.status != 200:
        raise OSError(f"/metrics: {answer.status} {answer.body[:200]!r}")
    return Page(answer.body.decode(), target)


def until_equal(look, wanted, seconds=40):
    """Scrapes until `look()` is `wanted`: an ended task's last reads are settled a moment after it
    is gone. Returns its last value."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen == wanted or time.monotonic() >= end:
            return seen
        time.sleep(0.3)
