#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deb_in_suite.py SUITE DIRECTORY: makes the Debian package of the commit that is checked out in a
clean chroot of another suite, such as trixie, installs it there, and leaves it in DIRECTORY. Needs
root and mmdebstrap."""
import pathlib
import subprocess
import sys
import tempfile

from suite import source_lines, transport_settings

ROOT = pathlib.Path(__file__).resolve().parents[1]
# deb.sh packages a commit, so there is a clone.
STEPS = [
    f'git -c safe.directory="*" clone -q "{ROOT}" "$1/build/source"',
    'chroot "$1" apt-get -qy --no-install-recommends build-dep /build/source/packaging',
    'chroot "$1" /build/source/packaging/deb.sh /build/out',
    'chroot "$1" sh -c "apt-get -qy install /build/out/vfswatchd_*.deb"',
    'chroot "$1" vfswatchd --version',
    'chroot "$1" rm -rf /build/out/vfswatchd',
]


def main(suite, directory):
    directory = pathlib.Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "apt.conf").write_text(transport_settings())
        command = ["mmdebstrap", "--mode=root", "--variant=buildd", "--format=null",
                   "--include=git,ca-certificates", f"--aptopt={work / 'apt.conf'}",
                   *(f"--customize-hook={step}" for step in STEPS),
                   f"--customize-hook=sync-out /build/out {directory}",
                   suite, "-", *source_lines(suite)]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
