# SPDX-License-Identifier: Apache-2.0
"""Debian's kernels: fetched, unpacked, and given an initramfs that can find the guest's disks."""
import dataclasses
import lzma
import pathlib
import re
import shutil

from guestlib import apt, cache, host

RECIPE_VERSION = 1
DEFAULT = "6.1"

# What a guest needs before it has a root file system to load modules from. overlay is there for
# tests that stack file systems without one (--minimal).
BOOT_MODULES = ["virtio_pci", "virtio_blk", "virtio_console", "virtio_net", "virtio_rng", "overlay"]


GUEST_FOLDERS = ("dev", "etc", "modules", "newroot", "proc", "root", "run", "sys", "tmp",
                 "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "var/tmp")


@dataclasses.dataclass(frozen=True)
class Source:
    suite: str
    package: str  # pattern for the whole name of the image package
    cpu: str = "max"


SOURCES = {
    "5.10": Source("bullseye", r"linux-image-5\.10\.\d+-\d+-cloud-amd64"),
    "6.1": Source("bookworm", r"linux-image-6\.1\.\d+-\d+-cloud-amd64"),
    # 6.12 dies now and then under QEMU 7.2 when it finds cmpxchg16b.
    "6.12": Source("trixie", r"linux-image-6\.12\.[\d.]+\+deb13-cloud-amd64", "max,-cx16"),
    "7": Source("sid", r"linux-image-7\.[\d.]+\+deb\d+-cloud-amd64", "max,-cx16"),
}


@dataclasses.dataclass(frozen=True)
class Kernel:
    vmlinuz: pathlib.Path
    initramfs: pathlib.Path
    modules_image: pathlib.Path
    cpu: str


def prepare(name):
    """The kernel called `name` in SOURCES, with all that it boots with."""
    source = SOURCES[name]
    recipe = [RECIPE_VERSION, source.suite, source.package]
    folder = cache.folder_of("kernel", recipe, lambda target: _fetch(name, source, target))
    init = host.GUEST_DIR / "init"
    busybox = host.tool("busybox")
    parts = [folder.name, BOOT_MODULES, cache.file_digest(init), cache.file_digest(busybox)]
    initramfs = cache.folder_of("initramfs", parts, lambda target: _pack(folder, target))
    return Kernel(folder / "vmlinuz", initramfs / "initramfs.cpio", folder / "modules.img",
                  source.cpu)


def _fetch(name, source, target):
    host.require("apt-get", "cpio", "depmod", "dpkg-deb", "mke2fs", "modprobe")
    host.say(f"fetching kernel {name} from {source.suite}")
    work = target / "work"
    work.mkdir()
    suite = apt.SuiteApt(work / "apt", source.suite)
    package = suite.newest(source.package)
    # From 7 on the image package is empty and depends on these three.
    parts = re.findall(r"linux-(?:base|binary|modules)-\d[\w.+-]+", package["Depends"])
    root = work / "root"
    for archive in suite.download(package["Package"], *parts):
        host.run("dpkg-deb", "-x", archive, root)
    images = [*root.glob("boot/vmlinuz-*"), *root.glob("usr/lib/modules/*/vmlinuz")]
    shutil.copyfile(images[0], target / "vmlinuz")
    release = package["Package"].removeprefix("linux-image-")
    tree = target / "tree"
    _take_modules(root, release, tree)
    (target / "release").write_text(f"{release}\n{package['Version']}\n")
    modules = tree / "lib/modules" / release
    host.run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", modules,
             target / "modules.img", "512M")
    shutil.rmtree(work)


def _take_modules(root, release, tree):
    """Lays the modules out as depmod wants them, whether the package is of before or after
    Debian's move to /usr."""
    found = [folder for folder in (root / "lib/modules", root / "usr/lib/modules")
             if folder.is_dir()]
    target = tree / "lib/modules" / release
    target.parent.mkdir(parents=True)
    shutil.move(found[0] / release, target)
    (target / "vmlinuz").unlink(missing_ok=True)
    host.run("depmod", "-b", tree, release)


def _pack(kernel, target):
    root = target / "root"
    for folder in GUEST_FOLDERS:
        (root / folder).mkdir(parents=True)
    for folder in ("bin", "sbin", "lib", "lib64"):
        (root / folder).symlink_to(f"usr/{folder}")
    shutil.copyfile(host.tool("busybox"), root / "usr/bin/busybox")
    for applet in host.run("busybox", "--list").split():
        if applet != "busybox":
            (root / "usr/bin" / applet).symlink_to("busybox")
    shutil.copyfile(host.GUEST_DIR / "init", root / "init")
    for file in ("usr/bin/busybox", "init"):
        (root / file).chmod(0o755)
    release = (kernel / "release").read_text().split()[0]
    order = [_add_module(path, root / "modules") for path in _modules(kernel / "tree", release)]
    (root / "modules/order").write_text("".join(f"{name}\n" for name in order))
    names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
    host.run("cpio", "-o", "-H", "newc", "--quiet", "-R", "0:0", "-O", target / "initramfs.cpio",
             cwd=root, input=names.encode())
    shutil.rmtree(root)


def _modules(tree, release):
    """Files of BOOT_MODULES and of what they need, each after what it needs."""
    paths = {}
    for name in BOOT_MODULES:
        listing = host.run("modprobe", "-d", tree, "-S", release, "--ignore-install",
                           "--show-depends", name)
        for word, path, *_ in map(str.split, listing.splitlines()):
            if word == "insmod":
                paths[path] = None
    return list(paths)


def _add_module(path, folder):
    """Copies a module, unpacked: a guest takes far longer than the host to unpack it."""
    data = pathlib.Path(path).read_bytes()
    name = pathlib.Path(path).name
    if name.endswith(".xz"):
        name, data = name.removesuffix(".xz"), lzma.decompress(data)
    (folder / name).write_bytes(data)
    return name
