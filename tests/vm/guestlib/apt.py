# SPDX-License-Identifier: Apache-2.0
"""apt for any Debian suite, beside the machine's own."""
import functools
import re
import subprocess
import sys

from guestlib import host

sys.path.insert(0, str(host.VM_DIR.parents[1] / "packaging"))

from suite import source_lines, transport_settings  # noqa: E402,F401  (the path must be set first)


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
