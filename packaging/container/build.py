#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""build.py BUILD FILE: writes an OCI image, as a tar archive that podman, skopeo and containerd load.

BUILD is the folder of a release build. The image has its two programs, the Debian packages in
`packages` beside this, and nothing else: no shell, no package manager. Needs mmdebstrap. The same
build and the same packages make the same bytes; SOURCE_DATE_EPOCH dates them."""
import gzip
import hashlib
import io
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from suite import source_lines  # noqa: E402  (the path above must be set first)

SUITE = "bookworm"
# Of packages only what runs, and their licences.
LEFT_OUT = re.compile(r"^(usr/share/(?!doc/)|usr/share/doc/[^/]+/(?!copyright$)|var/|dev/|run/|tmp/|"
                      r"boot/|home/|media/|mnt/|opt/|proc/|root/|srv/|sys/|etc/(apt|dpkg)/|"
                      r"usr/lib/[^/]+/gconv/)")
# Folders that a runtime mounts over, or the daemon writes to.
FOLDERS = ["dev", "etc", "proc", "run", "sys", "tmp", "var", "var/lib", "var/lib/vfswatchd"]
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def main(build, file):
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    with tempfile.TemporaryDirectory() as work:
        layer = layer_of(pathlib.Path(build), pathlib.Path(work), epoch)
    version = version_of(build)
    blobs = {}
    packed = gzip.compress(layer, compresslevel=6, mtime=0)
    config = blob(blobs, json.dumps(config_of(layer, version, epoch), sort_keys=True).encode())
    manifest = blob(blobs, json.dumps({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                    **blob(blobs, packed)}]}, sort_keys=True).encode())
    index = {"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest,
        "annotations": {"org.opencontainers.image.ref.name": f"vfswatchd:{version}"}}]}
    with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as image:
        add(image, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}', epoch)
        add(image, "index.json", json.dumps(index, sort_keys=True).encode(), epoch)
        for digest, content in sorted(blobs.items()):
            add(image, f"blobs/sha256/{digest}", content, epoch)
    print(f"{file}: vfswatchd:{version}, {len(packed) / 1e6:.1f} MB, {manifest['digest']}")
    return 0


def version_of(build):
    told = subprocess.run([f"{build}/daemon/vfswatchd", "--version"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return told.split()[1]


def packages():
    lines = (HERE / "packages").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def layer_of(build, work, epoch):
    """The image's one layer, a tar archive."""
    extracted = work / "packages.tar"
    subprocess.run(["mmdebstrap", "--variant=extract", "--quiet", f"--include={','.join(packages())}",
                    SUITE, str(extracted), *source_lines(SUITE)], check=True)
    subprocess.run(["cmake", "--install", str(build), "--strip"], check=True,
                   env={**os.environ, "DESTDIR": str(work / "ours")}, stdout=subprocess.DEVNULL)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as layer:
        entries = {}
        with tarfile.open(extracted) as debian:
            for member in debian:
                name = os.path.normpath(member.name)
                if name != "." and not LEFT_OUT.match(name + ("/" if member.isdir() else "")):
                    content = debian.extractfile(member).read() if member.isreg() else None
                    entries[name] = (member, content)
        entries.update(our_entries(work / "ours"))
        for name, (member, content) in sorted(entries.items()):
            write(layer, name, member, content, epoch)
    return out.getvalue()


def our_entries(folder):
    """The programs, the configuration and the licence; not what a host's systemd wants."""
    wanted = {path.relative_to(folder): path for path in folder.rglob("*")
              if re.search(r"(/bin|/sbin)/[^/]+$|/etc/vfswatchd/", str(path))}
    entries = {}
    for relative, path in wanted.items():
        name = str(relative)
        name = re.sub(r"^usr/local/", "usr/", name)
        member = tarfile.TarInfo(name)
        member.mode = path.stat().st_mode & 0o7777
        entries[name] = (member, path.read_bytes())
    licence = (HERE.parents[1] / "LICENSE").read_bytes()
    entries["usr/share/doc/vfswatchd/copyright"] = (tarfile.TarInfo(), licence)
    for name in FOLDERS:
        member = tarfile.TarInfo(name)
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        entries[name] = (member, None)
    return entries


def write(layer, name, member, content, epoch):
    """As root's, and of no other time than the image's."""
    member.name, member.mtime = name, epoch
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.pax_headers = {}
    if content is not None:
        member.size = len(content)
    layer.addfile(member, io.BytesIO(content) if content is not None else None)


def config_of(layer, version, epoch):
    machine = platform.machine()
    return {
        "architecture": ARCHITECTURES.get(machine, machine), "os": "linux",
        "created": subprocess.run(["date", "-u", "-d", f"@{epoch}", "+%Y-%m-%dT%H:%M:%SZ"],
                                  check=True, text=True, stdout=subprocess.PIPE).stdout.strip(),
        "config": {
            "Entrypoint": ["/usr/sbin/vfswatchd"], "User": "0:0", "WorkingDir": "/",
            "ExposedPorts": {"9974/tcp": {}},
            "Labels": {"org.opencontainers.image.title": "vfswatchd",
                       "org.opencontainers.image.version": version,
                       "org.opencontainers.image.licenses": "Apache-2.0 AND GPL-2.0-only"}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest_of(layer)}"]},
        "history": [{"created_by": "packaging/container/build.py"}]}


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def blob(blobs, content):
    digest = digest_of(content)
    blobs[digest] = content
    return {"digest": f"sha256:{digest}", "size": len(content)}


def add(image, name, content, epoch):
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(content), epoch
    image.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
