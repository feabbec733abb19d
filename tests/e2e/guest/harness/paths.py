# SPDX-License-Identifier: Apache-2.0
"""Reads whose label is known: what `readlink /proc/PID/fd/N` shows while the file is open."""
import collections
import json
import os
import re
import socket
import struct
import traceback

DELETED = b" (deleted)"
NAMELESS = re.compile(rb"(pipe|socket):\[\d+\]")
CREDENTIALS = struct.Struct("3i")
TIMES, SIZE = 3, 7


def label_of(pid, fd):
    """As the daemon shows the path of an open file; only its name may have changed since."""
    link = os.fsencode(os.readlink(f"/proc/{pid}/fd/{fd}"))
    if link.endswith(DELETED) and not _is_there(link, f"/proc/{pid}/fd/{fd}"):
        link = link[:-len(DELETED)]
    nameless = NAMELESS.fullmatch(link)
    if nameless:
        link = nameless[1] + b":"
    return shown(link.removeprefix(b"/") if link.startswith(b"/memfd:") else link)


def _is_there(path, opened):
    """A file may have a name that ends like this."""
    try:
        return os.path.samestat(os.lstat(path), os.stat(opened))
    except OSError:
        return False


def shown(path):
    """The label's text of a path's bytes."""
    return "".join(map(_shown_character, os.fsencode(path).decode(errors="surrogateescape")))


def _shown_character(character):
    code = ord(character)
    if 0xdc80 <= code <= 0xdcff:
        return f"\\x{code - 0xdc00:02x}"
    if code < 0x20 or code == 0x7f:
        return f"\\x{code:02x}"
    return "\\\\" if character == "\\" else character


def read_plainly(fd, size):
    return len(os.read(fd, size))


def read_at_start(fd, size):
    return len(os.pread(fd, size, 0))


class Book:
    """What was read of which label: {label: [bytes, calls]}."""

    def __init__(self):
        self.rows = collections.defaultdict(lambda: [0, 0])

    def add(self, label, count, calls):
        self.rows[label][0] += count
        self.rows[label][1] += calls

    def read(self, fd, times=TIMES, size=SIZE, call=read_at_start):
        """Reads here, and returns the label."""
        label = label_of("self", fd)
        self.add(label, sum(call(fd, size) for _ in range(times)), times)
        return label

    def read_path(self, path, times=TIMES, size=SIZE):
        fd = os.open(path, os.O_RDONLY)
        try:
            return self.read(fd, times, size)
        finally:
            os.close(fd)


class Child:
    """A process of its own, with namespaces of its own if it likes: `body(child)` runs in it,
    and what it reads goes into `book`, under the labels that its parent sees. They talk by send
    and recv, which are no reads."""

    def __init__(self, book, body):
        self.book = book
        self.readers = []  # the host's pids of who read, one for each read()
        ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The kernel translates the sender's pid out of its namespace.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            self._live(body)
        self.theirs.close()
        self.ours = ours

    def _live(self, body):
        status = 1
        try:
            body(self)
            status = 0
        except BaseException:  # pylint: disable=broad-except
            self.theirs.send(json.dumps({"failed": traceback.format_exc()}).encode())
        finally:
            os._exit(status)

    # In the child.

    def read(self, fd, times=TIMES, size=SIZE, call=read_at_start):
        self.theirs.send(json.dumps({"fd": fd}).encode())
        self.theirs.recv(1)
        count = sum(call(fd, size) for _ in range(times))
        self.theirs.send(json.dumps({"bytes": count, "calls": times}).encode())
        self.theirs.recv(1)

    def read_path(self, path, **how):
        fd = os.open(path, os.O_RDONLY)
        self.read(fd, **how)
        os.close(fd)

    def wait(self, what="waits"):
        """Until the parent's `go`."""
        self.theirs.send(json.dumps({"event": what}).encode())
        self.theirs.recv(1)

    def fork(self, body):
        """Goes on in a process of the child's own, as after unshare(CLONE_NEWPID)."""
        pid = os.fork()
        if pid == 0:
            self._live(body)
        if os.waitpid(pid, 0)[1] != 0:
            raise ChildProcessError("the child's child failed")

    # In the parent.

    def until(self, what):
        """Books the child's reads until it waits for `go` with these words, or ends (None)."""
        while True:
            text, pid = self._next()
            if not text:
                self._reap(what)
                return
            message = json.loads(text)
            if "failed" in message:
                self._reap(None)
                raise ChildProcessError(message["failed"])
            if "event" in message:
                if message["event"] != what:
                    raise ChildProcessError(f"{message['event']} instead of {what}")
                return
            if "fd" in message:
                label = label_of(pid, message["fd"])
                self.readers.append(pid)
            else:
                self.book.add(label, message["bytes"], message["calls"])
            self.go()

    def go(self):
        self.ours.send(b".")

    def finish(self):
        """Until its end."""
        self.until(None)

    def _next(self):
        text, ancillary, _, _ = self.ours.recvmsg(1 << 16, socket.CMSG_SPACE(CREDENTIALS.size))
        pids = [CREDENTIALS.unpack(data)[0] for _, kind, data in ancillary
                if kind == socket.SCM_CREDENTIALS]
        return text.decode(), pids[0] if pids else None

    def _reap(self, what):
        self.ours.close()
        status = os.waitpid(self.pid, 0)[1]
        if status != 0 or what is not None:
            raise ChildProcessError(f"the child ended with {status}, wanted: {what}")
