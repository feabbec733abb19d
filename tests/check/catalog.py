#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""catalog.py ROOT: are exactly the entries that the daemon writes explained?

journalctl takes the message catalog without a word; its ids and titles are those of message_ids.h.
It and the page on snippets name every field that entries have, and no other; the page names every
id."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CATALOG = "systemd/vfswatchd.catalog"
PAGE = "packaging/doc/snippets.md"
INSTALLED = pathlib.Path("usr/lib/systemd/catalog")
ID = re.compile(r'(\w+) = "([0-9a-f]{32})"')
TITLE = re.compile(r'\{(\w+), "([^"]*)"\}')
FIELD = re.compile(r"\bVFSWATCH_[A-Z]+\b")


def main(arguments):
    root = pathlib.Path(arguments[0])
    if shutil.which("journalctl") is None:
        print("SKIP: journalctl is not installed (Debian package systemd)")
        return 77
    faults = [*faults_of_titles(root), *missing_ids(root), *faults_of_fields(root, CATALOG),
              *faults_of_fields(root, PAGE)]
    if faults:
        print("\n".join(faults))
    return 1 if faults else 0


def read(root, name):
    return (root / name).read_text(encoding="utf-8")


def titles_of_header(root):
    """{id: title}"""
    text = read(root, "daemon/journal/message_ids.h")
    names = dict(ID.findall(text))
    return {names[name]: title for name, title in TITLE.findall(text)}


def titles_of_catalog(root):
    """{id: title}, as journalctl lists what it made of the file."""
    with tempfile.TemporaryDirectory() as folder:
        installed = pathlib.Path(folder) / INSTALLED
        installed.mkdir(parents=True)
        (pathlib.Path(folder) / "var/lib/systemd/catalog").mkdir(parents=True)
        shutil.copy(root / CATALOG, installed)
        journalctl(folder, "--update-catalog")
        lines = journalctl(folder, "--list-catalog").splitlines()
    return {line[:32]: line[32:].strip().removeprefix("vfswatchd: ") for line in lines}


def journalctl(folder, what):
    """What it lists; anything that it has to say about the catalog ends the check."""
    done = subprocess.run(["journalctl", f"--root={folder}", "--no-pager", what],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise SystemExit(f"journalctl {what}: status {done.returncode}: {done.stderr}")
    return done.stdout


def faults_of_titles(root):
    header, catalog = titles_of_header(root), titles_of_catalog(root)
    for message_id in sorted(header.keys() | catalog.keys()):
        ours, theirs = header.get(message_id), catalog.get(message_id)
        if ours != theirs:
            yield f"{message_id}: {ours!r} in message_ids.h, {theirs!r} in {CATALOG}"


def missing_ids(root):
    page = read(root, PAGE)
    for message_id in titles_of_header(root):
        if message_id not in page:
            yield f"{PAGE} does not have {message_id}"


def faults_of_fields(root, name):
    written = set(FIELD.findall(read(root, "daemon/journal/entry.cpp")))
    explained = set(FIELD.findall(read(root, name)))
    yield from (f"{name} does not explain {field}" for field in sorted(written - explained))
    yield from (f"no entry has {field} of {name}" for field in sorted(explained - written))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
