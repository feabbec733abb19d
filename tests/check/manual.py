#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""manual.py ROOT GENERATOR DAEMON VFSWATCHCTL: are manual pages and completions what the tables of
flags, keys and metrics say, and does man take the pages without a word?

What stands beside the tables names only flags and metrics that there are."""
import pathlib
import re
import shutil
import subprocess
import sys

PAGES = ("vfswatchctl.1", "vfswatchd.8", "vfswatchd.yaml.5")
PROGRAMS = ("vfswatchd", "vfswatchctl")
FLAG = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
METRIC = re.compile(r"\bvfswatch_[a-z_]+\b")
# Flags of other programs that the pages name.
FOREIGN = {"now"}


def main(arguments):
    root, generator, daemon, ctl = (pathlib.Path(argument) for argument in arguments)
    if shutil.which("man") is None:
        print("SKIP: man is not installed (Debian package man-db)")
        return 77
    packaging = root / "packaging"
    flags = known_flags(daemon, ctl)
    metrics = set(METRIC.findall((packaging / "doc/metrics.md").read_text(encoding="utf-8")))
    faults = []
    for name in PAGES:
        page = packaging / "man" / name
        text = page.read_text(encoding="utf-8")
        faults += [*differs(page, [generator, "page"], text), *complaints(page),
                   *unknown(name, FLAG, text.replace("\\-", "-"), flags | FOREIGN),
                   *unknown(name, METRIC, text, metrics)]
    for program in PROGRAMS:
        for shell, name in (("bash", f"{program}.bash"), ("zsh", f"_{program}")):
            faults += differs(packaging / "completions" / name, [generator, shell, program])
    if faults:
        print("\n".join(faults))
    return 1 if faults else 0


def known_flags(daemon, ctl):
    """Of both programs and of all commands."""
    text = said(daemon, "--help") + said(ctl, "--help")
    commands = re.findall(r"^  ([a-z]+) ", said(ctl, "--help"), re.MULTILINE)
    return set(FLAG.findall(text + "".join(said(ctl, name, "--help") for name in commands)))


def said(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def differs(file, command, text=None):
    made = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False).stdout
    if made != file.read_text(encoding="utf-8"):
        yield f"{file} is not what the tables say: build the target manual and commit it"


def complaints(page):
    """Of man's formatter, and of mandoc's where that is installed."""
    commands = [["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page]]
    if shutil.which("mandoc"):
        commands.append(["mandoc", "-T", "lint", page])
    for command in commands:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", check=False)
        text = done.stderr if command[0] == "man" else done.stdout + done.stderr
        if done.returncode != 0 or text:
            yield f"{command[0]} says of {page.name}: status {done.returncode}\n{text}"


def unknown(name, pattern, text, known):
    for word in sorted(set(pattern.findall(text)) - known):
        yield f"{name} names {word}, which there is not"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
