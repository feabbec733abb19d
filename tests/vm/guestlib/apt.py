# SPDX-License-Identifier: Apache-2.0
"""Packages of any Debian suite, from the mirror that this machine's apt is set up with."""
import functools
import re
import subprocess

from guestlib import host

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@functools.lru_cache(maxsize=None)
def mirrors():
    """(archive URI, security URI or None), as apt's own settings name them."""
    archive = security = None
    # $(RELEASE) is known from the settings alone, before the first `apt-get update`.
    for line in host.run("apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)",
                         "Created-By: Packages").splitlines():
        release, uri = line.split(" ", 1)
        if re.fullmatch(r"[a-z]+-security|[a-z]+/updates", release):
            security = security or uri
        elif re.fullmatch(r"bookworm|bookworm-updates|(old)*stable|trixie|forky|sid", release):
            archive = archive or uri
    if archive is None:
        raise host.VmError("apt has no Debian archive among its sources (apt-get indextargets)")
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
    return host.run("apt-config", "dump", "Acquire")


class SuiteApt:
    """apt with lists, cache and sources of its own under `folder`; the machine's stay as they
    are. Signatures are checked against the Debian archive's keys."""

    def __init__(self, folder, suite, architecture="amd64"):
        self.folder = folder
        (folder / "lists/partial").mkdir(parents=True)
        (folder / "archives/partial").mkdir(parents=True)
        (folder / "sources.list").write_text("\n".join(source_lines(suite)) + "\n")
        # Nothing is installed. A file of its own, for apt puts its locks beside it.
        (folder / "status").touch()
        self.options = [f"-o{name}={value}" for name, value in {
            "Dir::Etc::SourceList": folder / "sources.list",
            "Dir::Etc::SourceParts": "-",
            "Dir::State": folder,
            "Dir::State::Lists": folder / "lists",
            "Dir::State::Status": folder / "status",
            "Dir::Cache": folder,
            "Dir::Cache::Archives": folder / "archives",
            "APT::Architecture": architecture,
            "APT::Architectures": architecture,
            # The sandbox user may not write below the caller's home.
            "APT::Sandbox::User": "",
        }.items()]
        host.run("apt-get", *self.options, "update", "--error-on=any")

    def newest(self, pattern):
        """Fields of the package whose whole name matches and whose version is the greatest."""
        names = [name for name in host.run("apt-cache", *self.options, "pkgnames").split()
                 if re.fullmatch(pattern, name)]
        if not names:
            raise host.VmError(f"the mirror has no package that matches {pattern}")
        text = host.run("apt-cache", *self.options, "show", "--no-all-versions", *names)
        packages = [dict(re.findall(r"^(\S+): (.*)$", stanza, re.MULTILINE))
                    for stanza in text.split("\n\n") if stanza.strip()]
        return max(packages, key=functools.cmp_to_key(_compare_versions))

    def download(self, *packages):
        """Fetches packages and returns the paths of their files."""
        target = self.folder / "packages"
        target.mkdir()
        host.run("apt-get", *self.options, "download", *packages, cwd=target)
        return sorted(target.glob("*.deb"))

    def download_closure(self, *packages):
        """Fetches packages with all that they depend on and returns the paths of their files."""
        host.run("apt-get", *self.options, "install", "--yes", "--download-only",
                 "--no-install-recommends", *packages)
        return sorted((self.folder / "archives").glob("*.deb"))


def _compare_versions(one, other):
    if one["Version"] == other["Version"]:
        return 0
    greater = subprocess.run(
        ["dpkg", "--compare-versions", one["Version"], "gt", other["Version"]], check=False)
    return 1 if greater.returncode == 0 else -1
