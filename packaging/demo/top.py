#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows the busiest files of a vfswatchd endpoint as a table, again and again."""
import argparse
import re
import shutil
import sys
import time
import urllib.request

FAMILIES = ("vfswatch_file_read_bytes_total", "vfswatch_file_read_calls_total")
LOST = ("vfswatch_overflow_read_bytes_total", "vfswatch_unattributed_read_bytes_total")
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
REFRESH_SECONDS = 2
REPORT_SECONDS = 10  # where nobody watches
NO_TERMINAL = (120, 50)  # columns and lines


def main():
    options = parse_arguments()
    if options.wait_ready is not None:
        return 0 if is_ready(options) else 1
    terminal = sys.stdout.isatty()
    started = time.monotonic()
    reported = started
    while True:
        try:
            page = fetch(options.url + "/metrics")
        except OSError as error:
            sys.exit(f"{options.url}/metrics: {error}")
        now = time.monotonic()
        done = options.seconds is not None and now - started >= options.seconds
        if terminal or done:
            clear = "\033[H\033[J" if terminal else ""
            print(f"{clear}{table(page, options)}\n{options.note}", flush=True)
        elif now - reported >= REPORT_SECONDS:
            reported = now
            print(f"{now - started:.0f} s: {summary(page)}", flush=True)
        if done:
            return 0
        left = REFRESH_SECONDS
        if options.seconds is not None:
            left = min(left, max(0.0, started + options.seconds - now))
        time.sleep(left)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:9974")
    parser.add_argument("--seconds", type=float, help="then print the table and end")
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--note", default="", help="a line below the table")
    parser.add_argument("--wait-ready", type=float, metavar="SECONDS",
                        help="only wait until the endpoint is ready")
    return parser.parse_args()


def is_ready(options):
    limit = time.monotonic() + options.wait_ready
    while time.monotonic() < limit:
        try:
            fetch(options.url + "/-/ready")
            return True
        except OSError:
            time.sleep(0.5)
    return False


def fetch(url):
    # No proxy: the endpoint is on this machine, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as response:
        return response.read().decode()


def samples(page):
    """(name, labels, value) of each sample."""
    for line in page.splitlines():
        match = SAMPLE.match(line)
        if match and not line.startswith("#"):
            labels = {name: unescape(value) for name, value in LABEL.findall(match[2] or "")}
            yield match[1], labels, match[3]


def unescape(text):
    return re.sub(r"\\.", lambda escape: ESCAPES[escape[0]], text)


def files(page):
    """{(target, comm, path): [bytes, calls]}"""
    rows = {}
    for name, labels, value in samples(page):
        if name in FAMILIES:
            key = labels["target"], labels.get("comm", ""), labels["path"]
            rows.setdefault(key, [0, 0])[FAMILIES.index(name)] += int(value)
    return rows


def summary(page):
    rows = files(page)
    total_bytes, total_calls = (sum(row[index] for row in rows.values()) for index in (0, 1))
    return f"{total_calls} reads, {total_bytes} bytes, {len(rows)} series"


def table(page, options):
    width, height = shutil.get_terminal_size(NO_TERMINAL)
    count = min(options.rows, max(1, height - 5))
    rows = sorted(files(page).items(), key=lambda item: -item[1][0])
    lines = [f"{'TARGET':<14} {'READ BY':<15} {'BYTES':>12} {'CALLS':>8} {'MEAN':>9}  PATH"]
    for (target, comm, path), (read_bytes, calls) in rows[:count]:
        mean = read_bytes / calls if calls else 0
        line = (f"{cut(target, 14):<14} {cut(comm or '(anyone)', 15):<15} {read_bytes:>12} "
                f"{calls:>8} {mean:>9.1f}  ")
        lines.append(line + cut(path, max(20, width - len(line))))
    lost = sum(int(value) for name, _, value in samples(page) if name in LOST)
    lines.append(f"{len(rows)} series; bytes not counted under a file of their own: {lost}")
    return "\n".join(lines)


def cut(text, width):
    """Cuts out the middle: a path's beginning and end tell most."""
    if len(text) <= width:
        return text
    left = (width - 3) // 2
    return f"{text[:left]}...{text[len(text) - (width - 3 - left):]}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
