#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""completion.py ROOT DAEMON VFSWATCHCTL: do bash and zsh complete what the programs take?

Both run on a terminal. A key there inserts every completion into the line, and the programs are
functions that print their arguments. What must be offered is what --help says."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

SECONDS = 60
INSERT_ALL = "\x18a"
SAID = re.compile(rb"GOT<([^>]*)>")
FLAG = re.compile(r"^  (?:-\w, )?(--[a-z-]+)", re.MULTILINE)
COMMAND = re.compile(r"^  ([a-z]+) ", re.MULTILINE)
LEVELS = ["debug", "error", "info", "notice", "warning"]

BASH = r"""
PS1='READY$ '
bind '"\C-xa": insert-completions'
bind 'set enable-bracketed-paste off'
vfswatchd() { printf 'GOT<%s>\n' "$*"; }
vfswatchctl() { printf 'GOT<%s>\n' "$*"; }
"""
ZSH = r"""
PS1='READY%% '
unsetopt prompt_sp zle_bracketed_paste 2>/dev/null
unset zle_bracketed_paste
autoload -U compinit
compinit -u -D
zstyle ':completion:all-matches:*' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
zle -C all-matches complete-word _generic
bindkey '^Xa' all-matches
vfswatchd() { print -r -- "GOT<$*>" }
vfswatchctl() { print -r -- "GOT<$*>" }
"""


class Shell:
    """One that a person would sit at, with the files to complete in its folder."""

    def __init__(self, command, settings, folder):
        self.seen = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            # Wide, so that no line is broken.
            os.execvpe(command[0], command, {**os.environ, "TERM": "dumb", "COLUMNS": "2000",
                                             "LC_ALL": "C", **settings})
        self.until(re.compile(rb"READY"))

    def until(self, pattern):
        end = time.monotonic() + SECONDS
        while not pattern.search(self.seen):
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise SystemExit(f"the shell does not answer: {self.seen!r}")
            self.seen += os.read(self.terminal, 65536)
        return pattern.search(self.seen)

    def completes(self, line):
        """The words that stand in the line's last one's place."""
        self.seen = b""
        os.write(self.terminal, (line + INSERT_ALL + "\n").encode())
        got = self.until(SAID)[1].decode().split()
        before = line.split()[1:] if line.endswith(" ") else line.split()[1:-1]
        return sorted(word.rstrip("=") for word in got[len(before):])

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


def shells(root, folder):
    """[(name, shell)]"""
    completions = root / "packaging/completions"
    (folder / "bashrc").write_text(
        BASH + "".join(f"source {completions}/{name}.bash\n" for name in ("vfswatchd",
                                                                          "vfswatchctl")))
    (folder / ".zshrc").write_text(f"fpath=({completions} $fpath)\n" + ZSH)
    yield "bash", Shell(["bash", "--noprofile", "--rcfile", str(folder / "bashrc"), "-i"], {},
                        folder / "there")
    yield "zsh", Shell(["zsh", "-d", "-i"], {"ZDOTDIR": str(folder)}, folder / "there")


def help_of(*command):
    return subprocess.run([*command, "--help"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def wanted(daemon, ctl):
    """{line: the words that must be offered}"""
    lines = {"vfswatchd --": FLAG.findall(help_of(daemon)),
             "vfswatchd --log-level ": LEVELS,
             "vfswatchd --log-level in": ["info"],
             "vfswatchd --config ": ["sub", "web.yaml"],
             "vfswatchd --config w": ["web.yaml"],
             "vfswatchd --listen 127.0.0.1:9 --log-level d": ["debug"],
             "vfswatchctl --": ["--help", "--version"],
             "vfswatchctl reload --socket w": ["web.yaml"]}
    commands = COMMAND.findall(help_of(ctl))
    for command in commands:
        lines[f"vfswatchctl {command} --"] = FLAG.findall(help_of(ctl, command))
        lines[f"vfswatchctl {command[0]}"] = [name for name in commands if name[0] == command[0]]
    return {line: sorted(words) for line, words in lines.items()}


def refused_levels(daemon, folder):
    config = folder / "there/web.yaml"
    config.write_text("targets: [{name: a}]\n")
    for level, status in [*((level, 0) for level in LEVELS), ("loud", 64)]:
        done = subprocess.run([daemon, "--check-config", "--config", config, "--log-level", level],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode != status:
            yield f"vfswatchd --log-level {level}: status {done.returncode}, not {status}"


def main(arguments):
    root, daemon, ctl = (pathlib.Path(argument).resolve() for argument in arguments)
    if shutil.which("zsh") is None:
        print("SKIP: zsh is not installed")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "there/sub").mkdir(parents=True)
        faults = list(refused_levels(daemon, folder))
        for kind, shell in shells(root, folder):
            for line, words in wanted(daemon, ctl).items():
                got = [word.rstrip("/") for word in shell.completes(line)]
                if got != words:
                    faults.append(f"{kind} completes `{line}` to {got}, not {words}")
            shell.end()
    if faults:
        print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
