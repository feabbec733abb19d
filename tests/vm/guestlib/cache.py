# SPDX-License-Identifier: Apache-2.0
"""Things that are slow to make are made once for each recipe, however many runs ask for them."""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import tempfile

from guestlib import host


def root():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(base) / "vfswatchd"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def key(recipe):
    """Short name of a recipe: any value that json can write."""
    text = json.dumps(recipe, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


@contextlib.contextmanager
def _locked(path):
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find(kind, recipe):
    """The folder of this recipe if it has been made, else None."""
    folder = root() / kind / key(recipe)
    return folder if folder.is_dir() else None


def folder_of(kind, recipe, build):
    """The folder that `build(folder)` fills; made at most once for a recipe, and whole or not
    at all: it is filled under another name and renamed."""
    parent = root() / kind
    parent.mkdir(exist_ok=True)
    wanted = parent / key(recipe)
    if wanted.is_dir():
        return wanted
    with _locked(parent / f"{wanted.name}.lock"):
        if wanted.is_dir():
            return wanted
        _remove_unfinished(parent, wanted.name)
        unfinished = pathlib.Path(tempfile.mkdtemp(prefix=f"{wanted.name}.tmp.", dir=parent))
        try:
            build(unfinished)
            unfinished.chmod(0o755)
            unfinished.rename(wanted)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    host.say(f"made {kind}/{wanted.name}")
    return wanted


def _remove_unfinished(parent, name):
    """What a killed build left; the lock says that nobody is at work on it now."""
    for folder in parent.glob(f"{name}.tmp.*"):
        shutil.rmtree(folder, ignore_errors=True)
