# SPDX-License-Identifier: Apache-2.0
"""The root file system of the systemd guest: Debian bookworm and the packages of one list."""
import os
import shutil

from guestlib import apt, cache, host

RECIPE_VERSION = 1
SUITE = "bookworm"
SIZE = "6G"  # sparse; room for what tests write

# No unit is enabled: a guest starts in half the time, and nothing but the test is at work in it.
# .updated: newer than /usr, so that no boot rebuilds the linker's and the journal's caches.
CUSTOMIZE = """
set -e
mkdir -p "$1/etc/systemd/system-preset"
echo 'disable *' > "$1/etc/systemd/system-preset/00-vm.preset"
systemctl --root="$1" --quiet preset-all
rm -r "$1/etc/systemd/system-preset"
rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*
touch "$1/etc/.updated" "$1/var/.updated"
"""
LEFT_OUT = ("man", "doc", "info", "locale")


def packages():
    lines = (host.VM_DIR / "packages").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def prepare():
    """Path of the raw ext4 image; guests write to copies of it, never to it."""
    recipe = [RECIPE_VERSION, SUITE, SIZE, CUSTOMIZE, LEFT_OUT, packages()]
    return cache.folder_of("root", recipe, _build) / "root.img"


def _build(target):
    if os.geteuid() != 0:
        raise host.VmError("making the guest's root image needs root: sudo tests/vm/vm prepare")
    host.require("apt-get", "mke2fs", "mmdebstrap", "systemctl")
    host.say("making the root image (a minute or two)")
    settings = target / "apt.conf"
    settings.write_text(apt.transport_settings())
    (target / "customize").write_text(CUSTOMIZE)
    tree = target / "tree"
    host.run("mmdebstrap", "--mode=root", "--variant=minbase", "--architectures=amd64",
             f"--aptopt={settings}",
             *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT),
             f"--include={','.join(packages())}",
             f"--customize-hook=sh {target / 'customize'} \"$1\"",
             SUITE, tree, *apt.source_lines(SUITE))
    host.run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", tree,
             target / "root.img", SIZE)
    shutil.rmtree(tree)
