# SPDX-License-Identifier: Apache-2.0
"""The daemon under systemd, as the package installs it."""
import json
import pathlib
import shutil
import subprocess

UNIT = "vfswatchd.service"
SOCKET = "vfswatchd.socket"
CONFIG = pathlib.Path("/etc/vfswatchd/vfswatchd.yaml")
DROP_IN = pathlib.Path("/etc/systemd/system/vfswatchd.service.d/test.conf")
SHIPPED_DROP_INS = pathlib.Path("/usr/share/doc/vfswatchd/examples")
# An emulated processor that others keep busy takes far longer than any machine to load the probes.
PATIENCE = "[Service]\nTimeoutStartSec=300\n"
# For who starts it more often than the unit lets anybody.
OFTEN = "[Unit]\nStartLimitIntervalSec=0\n" + PATIENCE
ALL_TYPES = ["regular", "directory", "chardev", "blockdev", "fifo", "socket", "other"]


class DaemonError(Exception):
    """The daemon did not do what it was asked for."""


def command(*words, **settings):
    """Runs a program; returns (exit status, its output and errors)."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, text=True, errors="replace",
                          **settings)
    return done.returncode, done.stdout


def configure(config):
    """`config` is YAML text, or what is written as such (every JSON text is YAML)."""
    text = config if isinstance(config, str) else json.dumps(config, indent=1)
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text(text + "\n", encoding="utf-8")
    CONFIG.chmod(0o644)


def start(config):
    """Starts the daemon with this config and all counts at 0, whatever ran before; returns when it
    counts (Type=notify)."""
    configure(config)
    if not DROP_IN.exists():
        drop_in(PATIENCE)
    # A restart would go on with the counts of an equal config.
    stop()
    systemctl("reset-failed", UNIT, check=False)
    systemctl("start", UNIT)


def restart():
    """Another process, which goes on where it can; returns when it counts."""
    systemctl("restart", UNIT)


def drop_in(text):
    """Overrides settings of the unit until the next call."""
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    DROP_IN.write_text(text)
    systemctl("daemon-reload")


def ship_drop_in(name):
    """Installs one of those that the package has, while the service is stopped."""
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHIPPED_DROP_INS / name, DROP_IN.parent / name)
    systemctl("daemon-reload")


def take_back_drop_in(name):
    (DROP_IN.parent / name).unlink()
    systemctl("daemon-reload")


def stop():
    """Both: the next client would have the socket start the service."""
    systemctl("stop", SOCKET, UNIT)


def systemctl(*words, check=True):
    status, text = command("systemctl", *words)
    if check and status != 0:
        raise DaemonError(f"systemctl {' '.join(words)}: {status}\n{text}\n{journal()}")
    return status


def shown(name):
    """One property of the unit."""
    return command("systemctl", "show", "--value", "-p", name, UNIT)[1].strip()


def journal(since=None):
    words = ["journalctl", "-u", UNIT, "--no-pager", "-o", "short-monotonic"]
    return command(*words, *(["--after-cursor", since] if since else ["-n", "60"]))[1]


def journal_cursor():
    """Where the journal ends now, for `journal` and `journal_entries`."""
    text = command("journalctl", "--show-cursor", "-n", "0")[1]
    return text.rpartition("cursor: ")[2].strip()


def journal_entries(cursor, identifier="vfswatchd"):
    """The daemon's own entries since then, or another's, each a dict of fields."""
    command("journalctl", "--sync")
    # Without a match: with one, journalctl skips the first entry that matches. --all: long fields
    # as well.
    text = command("journalctl", "-o", "json", "--all", "--after-cursor", cursor)[1]
    entries = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [entry for entry in entries if entry.get("SYSLOG_IDENTIFIER") == identifier]
