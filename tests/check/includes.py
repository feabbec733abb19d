#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""includes.py ROOT: do the daemon's includes point only the way that they may?

    base <- model <- {config, policy, kernel, metrics, http, journal, live} <- service <-
    {manual, main}

Siblings never include each other, except that policy may include config. Each third-party
library ends in one folder."""
import pathlib
import re
import sys

# folder of the daemon ("" is main's): folders whose headers it may include beside its own
MAY_INCLUDE = {
    "base": set(),
    "model": {"base"},
    "config": {"base", "model"},
    "policy": {"base", "model", "config"},
    "kernel": {"base", "model"},
    "metrics": {"base", "model"},
    "http": {"base", "model"},
    "journal": {"base", "model"},
    "live": {"base", "model"},
    "service": {"base", "model", "config", "policy", "kernel", "metrics", "http", "journal", "live"},
    "manual": {"base", "config", "metrics", "service"},
    "": {"base", "model", "config", "policy", "kernel", "metrics", "http", "journal", "live",
         "service"},
}
# header (or the folder of headers): folders that may include it
OWNERS = {
    "bpf/vfswatch_abi.h": {"model", "policy", "kernel"},
    "vfswatch.skel.h": {"kernel"},
    "vfswatch_untyped.skel.h": {"kernel"},
    "bpf/": {"kernel"},
    "yaml-cpp/": {"config"},
    "microhttpd.h": {"http"},
    "gnutls/": {"http"},
    "crypt.h": {"http"},
    "zlib.h": {"http"},
    "curl/": {"live"},
    "prometheus/": {"metrics"},
    "re2/": {"model"},
    "systemd/": {"service", "journal"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def main(arguments):
    daemon = pathlib.Path(arguments[0]) / "daemon"
    files = sorted([*daemon.rglob("*.h"), *daemon.rglob("*.cpp")])
    faults = [fault for file in files for fault in faults_of(daemon, file)]
    faults += [f"daemon/{folder}: not known to tests/check/includes.py"
               for folder in unknown_folders(daemon)]
    print("\n".join(faults) if faults else f"{len(files)} files")
    return 1 if faults or not files else 0


def unknown_folders(daemon):
    return [entry.name for entry in sorted(daemon.iterdir())
            if entry.is_dir() and entry.name not in MAY_INCLUDE]


def faults_of(daemon, file):
    folder = file.relative_to(daemon).parts[0] if file.parent != daemon else ""
    for bracket, header in INCLUDE.findall(file.read_text(encoding="utf-8")):
        fault = owned(folder, header)
        if fault is None and bracket == '"':
            fault = direction(daemon, folder, header)
        if fault:
            yield f"daemon/{file.relative_to(daemon)} includes {header}: {fault}"


def owner_of(header):
    for owned_header in sorted(OWNERS, key=len, reverse=True):
        if header == owned_header or owned_header[-1] == "/" and header.startswith(owned_header):
            return owned_header
    return None


def owned(folder, header):
    name = owner_of(header)
    if name is not None and folder not in OWNERS[name]:
        return f"only {', '.join(sorted(OWNERS[name]))} may"
    return None


def direction(daemon, folder, header):
    if owner_of(header) is not None:
        return None
    if not (daemon / header).is_file():
        return "not a header of the daemon (name it from daemon/ on)"
    of_folder = header.split("/")[0]
    if of_folder != folder and of_folder not in MAY_INCLUDE.get(folder, set()):
        return f"{folder or 'main'} may not include {of_folder}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
