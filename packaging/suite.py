# SPDX-License-Identifier: Apache-2.0
"""Debian suites, from the mirror that this machine's apt is set up with."""
import subprocess

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def source_lines(suite):
    """The lines of sources.list for a suite and its security updates."""
    told = subprocess.run(["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)",
                           "Created-By: Packages"], check=True, text=True, stdout=subprocess.PIPE)
    uris = dict.fromkeys(line.split(" ", 1)[1] for line in told.stdout.splitlines())
    return "".join(f"deb [signed-by={KEYRING}] {uri} "
                   f"{suite}-security main\n" if "security" in uri else
                   f"deb [signed-by={KEYRING}] {uri} {suite} main\n" for uri in uris)


def transport_settings():
    """Text for apt.conf: this machine's proxies, timeouts and the like."""
    return subprocess.run(["apt-config", "dump", "Acquire"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
