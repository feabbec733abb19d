# SPDX-License-Identifier: Apache-2.0
"""Debian suites, from the mirror that this machine's apt is set up with."""
import functools
import re
import subprocess
import sys

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def told_by(*words):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE).stdout


@functools.lru_cache(maxsize=None)
def mirrors():
    """(archive URI, security URI or None), as apt's own settings name them."""
    archive = security = None
    # $(RELEASE) is known from the settings alone, before the first `apt-get update`.
    for line in told_by("apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)",
                        "Created-By: Packages").splitlines():
        release, uri = line.split(" ", 1)
        if re.fullmatch(r"[a-z]+-security|[a-z]+/updates", release):
            security = security or uri
        elif re.fullmatch(r"bookworm|bookworm-updates|(old)*stable|trixie|forky|sid", release):
            archive = archive or uri
    if archive is None:
        sys.exit("apt has no Debian archive among its sources (apt-get indextargets)")
    return archive, security


def source_lines(suite):
    """sources.list lines of a suite, its security updates with it."""
    archive, security = mirrors()
    lines = [f"deb [signed-by={KEYRING}] {archive} {suite} main"]
    if security is not None and suite != "sid":
        lines.append(f"deb [signed-by={KEYRING}] {security} {suite}-security main")
    return lines


def transport_settings():
    """apt.conf text of this machine's proxies, timeouts and date checks, for an apt that reads
    no settings of the machine."""
    return told_by("apt-config", "dump", "Acquire")
