# SPDX-License-Identifier: Apache-2.0
"""A program in a pseudo terminal, and what its screen would show."""
import array
import errno
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
import unicodedata

SEQUENCE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")


def columns_of(text):
    """Columns of a terminal that a text takes."""
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Screen:
    """Understands the few sequences that the program sends, and refuses others."""

    def __init__(self):
        self.lines = [""]
        self.row = 0
        self.widest = 0
        self.alternate = self.hidden = False
        self.reverse_row = None
        self.colours = 0

    def feed(self, text):
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found:
                self.obey(*found.groups())
                at = found.end()
                continue
            self.write(text[at])
            at += 1

    def write(self, char):
        if char == "\x1b":
            raise ValueError("an unknown sequence")
        if char == "\r":
            return
        if char == "\n":
            self.row += 1
            while len(self.lines) <= self.row:
                self.lines.append("")
            return
        self.lines[self.row] += char
        self.widest = max(self.widest, columns_of(self.lines[self.row]))

    def obey(self, numbers, letter):
        if letter in "hl" and numbers == "?1049":
            self.alternate = letter == "h"
            self.lines, self.row = [""], 0
        elif letter in "hl" and numbers == "?25":
            self.hidden = letter == "l"
        elif letter in "hl" and numbers == "?7":
            pass
        elif letter == "H" and not numbers:
            self.row = 0
        elif letter == "K" and numbers == "2":
            self.lines[self.row] = ""
        elif letter == "J" and not numbers:
            del self.lines[self.row:]
            self.lines.append("")
        elif letter == "m":
            self.colours += numbers.startswith("3")
            if numbers == "7":
                self.reverse_row = self.row
        else:
            raise ValueError(f"an unknown sequence {numbers}{letter}")


class Terminal:
    """Runs a program in a pseudo terminal of that size, and reads what it draws."""

    def __init__(self, command, columns, lines, **environment):
        self.control, self.line = pty.openpty()
        self.columns, self.lines = columns, lines
        self.set_size(columns, lines)
        self.before = termios.tcgetattr(self.line)
        self.screen = Screen()
        self.raw = b""
        settings = os.environ | {"TERM": "xterm", "LC_ALL": "C.UTF-8"} | environment
        if "NO_COLOR" not in environment:
            settings.pop("NO_COLOR", None)
        # Its own session, so that the terminal is its own and Ctrl-C reaches it.
        self.process = subprocess.Popen(command, stdin=self.line, stdout=self.line,
                                        stderr=self.line, env=settings, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def set_size(self, columns, lines):
        size = array.array("H", [lines, columns, 0, 0])
        fcntl.ioctl(self.line, termios.TIOCSWINSZ, size)
        self.columns, self.lines = columns, lines

    def resize(self, columns, lines):
        """The kernel sends SIGWINCH to the terminal's foreground."""
        self.drain()
        self.screen.widest = 0
        self.set_size(columns, lines)

    def type(self, keys):
        os.write(self.control, keys)

    def read_once(self, seconds):
        if not select.select([self.control], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.control, 65536)
        except OSError as error:  # nobody has the other end any more
            if error.errno != errno.EIO:
                raise
            return False
        self.raw += data
        return bool(data)

    def drain(self):
        while self.read_once(0.05):
            pass
        self.interpret()

    def interpret(self):
        text = self.raw.decode(errors="strict")
        self.screen.feed(text)
        self.raw = b""

    def wait_for(self, holds, seconds=10):
        """Reads until holds(lines of the screen), and then to the picture's end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read_once(0.1)
            self.drain()
            if holds(self.screen.lines):
                return
        raise AssertionError("the screen does not show it:\n" + "\n".join(self.screen.lines))

    def end(self, seconds=5):
        """Status of the program, which is ending."""
        status = self.process.wait(seconds)
        self.drain()
        return status

    def settings_are_back(self):
        return termios.tcgetattr(self.line) == self.before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()

    def hang_up(self):
        for descriptor in self.control, self.line:
            if descriptor is not None:
                os.close(descriptor)
        self.control = self.line = None

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
