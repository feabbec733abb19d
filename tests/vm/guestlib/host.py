# SPDX-License-Identifier: Apache-2.0
"""What is asked of the host: its tools, and one way to run them."""
import pathlib
import shutil
import subprocess
import sys

VM_DIR = pathlib.Path(__file__).resolve().parent.parent
SOURCE_ROOT = VM_DIR.parent.parent
GUEST_DIR = VM_DIR / "guest"

# Which package brings which tool, so that a missing one is named by what to install.
PACKAGE_OF = {
    "apt-get": "apt",
    "apt-cache": "apt",
    "busybox": "busybox-static",
    "cmake": "cmake",
    "cpio": "cpio",
    "depmod": "kmod",
    "dpkg-deb": "dpkg",
    "ldd": "libc-bin",
    "mke2fs": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "modprobe": "kmod",
    "qemu-system-x86_64": "qemu-system-x86",
    "systemctl": "systemd",
}
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


class VmError(Exception):
    """The guest or its making failed: the tool exits with 125 and this text."""


def say(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


def tool(name):
    """Path of a host tool; an ordinary user's PATH lacks the sbin folders."""
    path = shutil.which(name) or shutil.which(name, path=SBIN)
    if path is None:
        raise VmError(f"{name} is missing: apt-get install {PACKAGE_OF[name]}")
    return path


def require(*names):
    """Finds a missing tool before the slow work that ends with it."""
    for name in names:
        tool(name)


def run(name, *arguments, **options):
    """Runs a tool to its end and returns its stdout as text; its output is shown if it fails."""
    command = [tool(name), *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL if "input" not in options else None,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    if done.returncode != 0:
        output = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise VmError(f"{' '.join(command)}: exit status {done.returncode}\n{output}")
    return done.stdout.decode(errors="surrogateescape")
