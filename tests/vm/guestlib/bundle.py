# SPDX-License-Identifier: Apache-2.0
"""The tar that is unpacked over a guest's root before it starts: the current build as it would
be installed, what --copy names, the command, and the agent that runs it."""
import io
import os
import pathlib
import shlex
import subprocess
import tarfile

from guestlib import host

RUN_DIR = "/run/vm"

# Debian's own folders are links into /usr; a tar member below one would replace the link.
MERGED = ("bin", "sbin", "lib", "lib64")

# Below /etc/systemd, what a guest that lives for one command does without: each costs up to a
# second of its boot.
MASKED = (host.GUEST_DIR / "masked").read_text().split()


class Bundle:
    """Collects members; every one belongs to root in the guest."""

    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT,
                                encoding="utf-8", errors="surrogateescape")
        self.programs = []  # host paths of ELF files

    def add(self, source, target):
        """Adds a host file or folder, with all below it, as `target`."""
        source = pathlib.Path(source)
        if not os.path.exists(source):
            raise host.VmError(f"--copy: {source} does not exist")
        self._add_one(os.path.realpath(source), target)
        if source.is_dir():
            for parent, folders, files in os.walk(source):
                for name in sorted(folders + files):
                    path = os.path.join(parent, name)
                    self._add_one(path, os.path.join(target, os.path.relpath(path, source)))

    def add_tree(self, root):
        """Adds what is below `root` at its place below /. Folders are added only if empty: the
        guest's own keep their modes."""
        for parent, folders, files in os.walk(root):
            links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
            for name in sorted(files + links):
                path = os.path.join(parent, name)
                self._add_one(path, os.path.relpath(path, root))
            if not folders and not files and parent != str(root):
                self._add_one(parent, os.path.relpath(parent, root))

    def add_text(self, target, text, mode=0o644):
        member = tarfile.TarInfo(guest_name(target))
        data = text.encode(errors="surrogateescape")
        member.size, member.mode = len(data), mode
        self.tar.addfile(member, io.BytesIO(data))

    def add_link(self, target, points_to):
        member = tarfile.TarInfo(guest_name(target))
        member.type, member.linkname = tarfile.SYMTYPE, points_to
        self.tar.addfile(member)

    def add_libraries(self):
        """Adds the shared libraries of all programs so far, at the host's places."""
        for library in sorted({name for path in self.programs for name in libraries_of(path)}):
            self._add_one(os.path.realpath(library), library)

    def close(self):
        self.tar.close()

    def _add_one(self, path, target):
        member = self.tar.gettarinfo(path, guest_name(target))
        if member is None:
            return  # a socket: nothing that could be copied
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        if not member.isreg():
            self.tar.addfile(member)
            return
        with open(path, "rb") as file:
            if file.read(4) == b"\x7fELF":
                self.programs.append(path)
            file.seek(0)
            self.tar.addfile(member, file)


def guest_name(target):
    """Name in the tar of a place in the guest."""
    parts = pathlib.PurePosixPath(os.path.normpath("/" + target)).parts[1:]
    return "/".join(("usr", *parts) if parts[0] in MERGED else parts)


def libraries_of(program):
    """Absolute paths of what the dynamic loader would load, the loader itself with it."""
    done = subprocess.run([host.tool("ldd"), program], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False, text=True)
    words = [word for line in done.stdout.splitlines() for word in line.split()]
    return [word for word in words if word.startswith("/") and os.path.isfile(word)]


def install_build(target):
    """Installs the current build below `target`; says so when there is none."""
    setting = os.environ.get("VFSWATCHD_BUILD")
    if setting == "":
        return  # asked to go without
    folder = pathlib.Path(setting or host.SOURCE_ROOT / "build/release")
    if not folder.is_dir():
        host.say(f"no build in {folder}: the guest runs without vfswatchd")
        return
    host.run("cmake", "--install", folder, env={**os.environ, "DESTDIR": str(target)})


def write(path, options, work):
    """Writes the tar for one run; `work` is an empty folder for passing needs."""
    bundle = Bundle(path)
    staging = work / "install"
    staging.mkdir()
    install_build(staging)
    bundle.add_tree(staging)
    for source, target in options.copies:
        bundle.add(source, target + os.path.basename(source) if target.endswith("/") else target)
    if options.minimal:
        bundle.add_libraries()
    else:
        bundle.add_tree(host.GUEST_DIR / "overlay")
        for name in MASKED:
            bundle.add_link(f"/etc/systemd/{name}", "/dev/null")
    bundle.add(host.GUEST_DIR / "agent", f"{RUN_DIR}/agent")
    command = " ".join(map(shlex.quote, options.command))
    bundle.add_text(f"{RUN_DIR}/command", f"exec {command}\n")
    if options.fetches:
        names = " ".join(shlex.quote(source.strip("/")) for source, _ in options.fetches)
        bundle.add_text(f"{RUN_DIR}/fetch", f"exec tar -c -C / -f - {names}\n")
    bundle.close()
