#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""top.py VFSWATCHCTL: does `vfswatchctl top` show what an endpoint says, in a pipe and on a
terminal, and does it leave the terminal as it was?"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
import machine  # noqa: E402  (no bytecode beside it)
from endpoint import Endpoint  # noqa: E402
from screen import Terminal, columns_of  # noqa: E402

CTL = ""
# Pages are a second apart by what they count, whatever the time between them.
QUICK = ["-i", "0.5"]


def run(*arguments, **environment):
    """(status, stdout, stderr)"""
    done = subprocess.run([CTL, "top", *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          env=os.environ | {"LC_ALL": "C.UTF-8"} | environment, check=False)
    return done.returncode, done.stdout, done.stderr


class Case(unittest.TestCase):
    def setUp(self):
        self.endpoint = Endpoint()
        self.addCleanup(self.endpoint.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def once(self, *arguments, url=None, **environment):
        status, out, err = run("--url", url or self.endpoint.url, *QUICK, "--once", *arguments,
                               **environment)
        self.assertEqual((status, err), (0, ""))
        return out

    def objects(self, *arguments):
        return [json.loads(line) for line in self.once("--json", *arguments).splitlines()]

    def fails(self, status, *words, arguments=(), url=None, **environment):
        got, out, err = run("--url", url or self.endpoint.url, *QUICK, "--once", *arguments,
                            **environment)
        self.assertEqual((got, out), (status, ""), err)
        for word in words:
            self.assertIn(word, err)


class Pipe(Case):
    def test_one_table(self):
        lines = self.once().splitlines()
        self.assertIn(self.endpoint.url, lines[0])
        self.assertIn("5 targets  17 series", lines[1])
        self.assertEqual(lines[3].split(),
                         ["*BYTES/s", "CALLS/s", "MEAN", "ERR/s", "TARGET", "PATH"])
        # Nobody cuts a path in a pipe.
        self.assertRegex(lines[4], r"postgres  /var/lib/postgresql/15/main/base/16384/16397$")
        self.assertEqual(len(lines), 4 + 16)

    def test_figures_are_those_of_the_pages(self):
        [shown] = self.objects("--by", "series", "-n", "100")
        for row in shown["rows"]:
            labels = row["labels"]
            [read] = [read for read in machine.READS
                      if read[0] == labels["target"] and read[1] == labels["path"]
                      and read[2]["comm"] == labels["comm"]]
            size, calls = read[3:5]
            self.assertLessEqual(abs(row["calls"] - calls), 0.5, row)
            self.assertEqual(row["bytes"], size * row["calls"])
            self.assertAlmostEqual(row["bytes_per_second"],
                                   row["bytes"] / shown["interval_seconds"], delta=
                                   row["bytes_per_second"] * 0.01)
        self.assertTrue(0.4 < shown["interval_seconds"] < 2, shown["interval_seconds"])

    def test_json_goes_on_line_by_line(self):
        with subprocess.Popen([CTL, "top", "--url", self.endpoint.url, *QUICK, "--json", "-n2"],
                              stdout=subprocess.PIPE, text=True) as top:
            lines = [json.loads(top.stdout.readline()) for _ in range(3)]
            top.send_signal(signal.SIGTERM)
            self.assertEqual(top.wait(5), 0)
        self.assertEqual([len(line["rows"]) for line in lines], [2, 2, 2])
        self.assertEqual(lines[0]["all_rows"], 16)

    def test_rows_and_order(self):
        [shown] = self.objects("-n", "2", "--sort", "calls")
        self.assertEqual([row["labels"]["path"][-9:] for row in shown["rows"]],
                         ["384/16397", "ccess.log"])
        [shown] = self.objects("-n", "1", "--by", "comm", "--sort", "errors")
        self.assertEqual(shown["rows"][0]["labels"], {"comm": "borg"})

    def test_targets_are_asked_for(self):
        [shown] = self.objects("-t", "web", "-t", "keys")
        self.assertEqual({row["labels"]["target"] for row in shown["rows"]}, {"web", "keys"})
        self.assertIn("?target%5b%5d=web&target%5b%5d=keys", self.endpoint.requests[0])

    def test_paths_are_chosen(self):
        self.assertEqual(len(self.objects("--path", "nginx")[0]["rows"]), 2)
        self.assertEqual(len(self.objects("--path", "/etc/*.key")[0]["rows"]), 1)

    def test_a_unix_socket(self):
        socket = str(self.folder / "metrics.sock")
        with Endpoint(socket=socket) as local:
            self.assertIn("17 series", self.once(url=local.url))

    def test_a_pipe_that_is_closed_early(self):
        for arguments in [], ["--json"]:
            began = time.monotonic()
            done = subprocess.run(["bash", "-c", '"$@" | head -1; echo "${PIPESTATUS[0]}"', "-",
                                   CTL, "top", "--url", self.endpoint.url, *QUICK, *arguments],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  timeout=30, check=False)
            self.assertEqual(done.stdout.splitlines()[1:], ["0"])
            self.assertEqual(done.stderr, "")
            self.assertLess(time.monotonic() - began, 5)

    def test_a_file_read_first_in_the_interval(self):
        new = ("logs", "/var/log/new.log", {"comm": "tail"}, 100, 0, 0)
        pages = iter([machine.page(1), machine.page(2, reads=[*machine.READS, new]).replace(
            'path="/var/log/new.log",comm="tail"} 0', 'path="/var/log/new.log",comm="tail"} 700')])
        self.endpoint.next_page = lambda targets: next(pages)
        [shown] = self.objects("--path", "new.log")
        self.assertEqual(shown["rows"][0]["bytes"], 700)

    def test_a_restart_shows_no_spike(self):
        pages = iter([machine.page(1),
                      machine.page(-machine.BEFORE_SECONDS + 50, started=1764095555)])
        self.endpoint.next_page = lambda targets: next(pages)
        [shown] = self.objects()
        self.assertEqual(shown["rows"], [])
        self.assertTrue(shown["restarted"])

    def test_it_goes_on_over_a_failure(self):
        with subprocess.Popen([CTL, "top", "--url", self.endpoint.url, *QUICK, "--json"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as top:
            top.stdout.readline()
            self.endpoint.refusal = (503, "busy: come again\n")
            self.assertIn("HTTP status 503, `busy: come again`", top.stderr.readline())
            self.endpoint.refusal = None
            shown = json.loads(top.stdout.readline())
            top.terminate()
            self.assertEqual(top.wait(5), 0)
        self.assertGreater(len(shown["rows"]), 10)


class Failures(Case):
    def test_nobody_there(self):
        with Endpoint() as gone:
            pass
        self.fails(69, "Connection refused", "systemctl start vfswatchd", "--url", url=gone.url)
        self.fails(69, "No such file", url=f"unix:{self.folder}/none")

    def test_a_socket_for_others(self):
        socket = str(self.folder / "metrics.sock")
        program = self.folder / "vfswatchctl"
        shutil.copy(CTL, program)
        os.chmod(self.folder, 0o755)
        # Root may use every socket.
        nobody = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        with Endpoint(socket=socket) as local:
            os.chmod(socket, 0)
            done = subprocess.run([*nobody, program, "top", "--once", "--url", local.url],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout), (77, ""), done.stderr)
        self.assertIn("Permission denied; ask as root, or as a member of the socket's group",
                      done.stderr)

    def test_refusals(self):
        self.fails(69, "400", "no such target", arguments=["-t", "nobody"])
        self.endpoint.refusal = (503, "starting: the probes are not attached yet\n")
        self.fails(69, "503", "the probes are not attached yet", "systemctl status vfswatchd")
        self.endpoint.refusal = (200, "<!DOCTYPE html>\n")
        self.fails(69, "line 1: no metric's name", "is this vfswatchd's endpoint?")
        self.endpoint.refusal = (200, "node_load1 0.5\n")
        self.fails(69, "no metric of vfswatchd's")
        self.endpoint.refusal = (404, "\x1b[2Jnothing\n")
        self.fails(69, "404, `\\x1b[2Jnothing`")

    def test_users(self):
        self.endpoint.ask_for_password("anna", "pass:word")
        self.fails(69, "401", "--user")
        self.fails(64, "--user needs --password-file", arguments=["--user", "anna"])
        file = self.folder / "password"
        file.write_text("pass:word\n")
        self.assertIn("17 series", self.once("--user", "anna", "--password-file", str(file)))
        self.assertIn("17 series", self.once("--user", "anna", VFSWATCHCTL_PASSWORD="pass:word"))
        self.fails(69, "401", arguments=["--user", "anna"], VFSWATCHCTL_PASSWORD="wrong")

    def test_tls(self):
        pem = self.folder / "server.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", pem, "-out",
                        self.folder / "cert.pem"], check=True, stderr=subprocess.DEVNULL)
        with open(pem, "a", encoding="ascii") as file:
            file.write((self.folder / "cert.pem").read_text(encoding="ascii"))
        with Endpoint(certificate=pem) as secret:
            self.fails(69, "--cacert", url=secret.url)
            self.assertIn("17 series", self.once("--cacert", str(self.folder / "cert.pem"),
                                                 url=secret.url))
            self.fails(69, "https?", url=secret.url.replace("https", "http"))
        self.fails(69, "speak https", url=self.endpoint.url.replace("http", "https"))
        self.fails(64, "--cacert: /none: No such file", url="https://localhost",
                   arguments=["--cacert", "/none"])

    def test_a_proxy_is_not_asked_for_loopback(self):
        self.assertIn("17 series", self.once(http_proxy="http://127.0.0.1:9"))


class OnATerminal(Case):
    def open(self, columns, lines=24, *arguments, **environment):
        terminal = Terminal([CTL, "top", "--url", self.endpoint.url, *QUICK, *arguments], columns,
                            lines, **environment)
        self.addCleanup(terminal.close)
        return terminal

    def table(self, columns, lines=24, *arguments, **environment):
        terminal = self.open(columns, lines, *arguments, **environment)
        terminal.wait_for(lambda shown: any("BYTES/s" in line for line in shown))
        return terminal

    def assert_fits(self, terminal):
        self.assertLessEqual(terminal.screen.widest, terminal.columns)
        self.assertLessEqual(len(terminal.screen.lines), terminal.lines)

    def assert_ends_well(self, terminal):
        self.assertEqual(terminal.end(), 0)
        self.assertTrue(terminal.settings_are_back())
        self.assertFalse(terminal.screen.alternate)
        self.assertFalse(terminal.screen.hidden)

    def test_a_picture_of_each_width(self):
        for columns in 40, 80, 200:
            with self.table(columns, 24, "--by", "series") as terminal:
                self.assertTrue(terminal.screen.alternate)
                self.assertEqual(terminal.screen.reverse_row, 3)
                self.assert_fits(terminal)
                self.assertGreater(terminal.screen.widest, columns * 0.9)
                terminal.type(b"q")
                self.assert_ends_well(terminal)

    def test_it_is_as_high_as_the_terminal(self):
        with self.table(80, 10) as terminal:
            self.assertEqual(len(terminal.screen.lines), 10)
            self.assertIn("the first 6 of 16", terminal.screen.lines[2])
            self.assert_fits(terminal)

    def test_keys(self):
        with self.table(80) as terminal:
            for key, title in ((b"c", "*CALLS/s"), (b"s", "*MEAN"), (b"e", "*ERR/s"),
                               (b"p", "*PATH"), (b"b", "*BYTES/s")):
                terminal.type(key)
                terminal.wait_for(lambda shown, title=title: title in shown[3])
            terminal.type(b"h")
            terminal.wait_for(lambda shown: "q quit" in shown[2])
            terminal.type(b"h \x1b[A\x1b[6~xyz")
            terminal.wait_for(lambda shown: "paused" in shown[2])
            before, asked = terminal.screen.lines[1:], self.endpoint.pages
            while self.endpoint.pages < asked + 2:
                time.sleep(0.1)
            terminal.drain()
            self.assertEqual(terminal.screen.lines[1:], before)
            terminal.type(b" ")
            terminal.wait_for(lambda shown: "paused" not in shown[2])
            terminal.type(b"q")
            self.assert_ends_well(terminal)

    def test_a_resize_is_followed_at_once(self):
        with self.table(200, 30) as terminal:
            terminal.type(b" ")  # so that no new page draws it
            terminal.wait_for(lambda shown: "paused" in shown[2])
            terminal.resize(60, 12)
            terminal.wait_for(lambda shown: len(shown) == 12, 2)
            self.assert_fits(terminal)
            terminal.resize(120, 24)
            terminal.wait_for(lambda shown: any(columns_of(line) > 80 for line in shown), 2)
            self.assert_fits(terminal)

    def test_it_ends_well(self):
        ways = {"Ctrl-C": lambda terminal: terminal.type(b"\x03"),
                "Ctrl-D": lambda terminal: terminal.type(b"\x04"),
                "SIGTERM": lambda terminal: terminal.signal(signal.SIGTERM),
                "SIGHUP": lambda terminal: terminal.signal(signal.SIGHUP)}
        for name, end in ways.items():
            with self.subTest(name), self.table(80) as terminal:
                end(terminal)
                self.assert_ends_well(terminal)

    def test_before_the_first_answer_it_ends_too(self):
        def hang(targets):
            time.sleep(3)
            return machine.page(1, targets=targets)
        self.endpoint.next_page = hang
        with self.open(80) as terminal:
            time.sleep(0.5)
            terminal.type(b"\x03")
            began = time.monotonic()
            self.assert_ends_well(terminal)
            self.assertLess(time.monotonic() - began, 2)

    def test_a_terminal_that_hangs_up(self):
        with self.table(80) as terminal:
            terminal.hang_up()
            self.assertEqual(terminal.process.wait(5), 0)

    def test_a_terminal_that_is_stopped(self):
        with self.table(80) as terminal:
            terminal.type(b"\x13")  # Ctrl-S
            time.sleep(1.2)
            terminal.signal(signal.SIGTERM)
            self.assert_ends_well(terminal)

    def test_ctrl_z_gives_the_terminal_back(self):
        with self.table(80) as terminal:
            terminal.type(b"\x1a")
            os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
            terminal.drain()
            self.assertTrue(terminal.settings_are_back())
            self.assertFalse(terminal.screen.alternate)
            terminal.signal(signal.SIGCONT)
            terminal.wait_for(lambda shown: any("BYTES/s" in line for line in shown))
            self.assertTrue(terminal.screen.alternate)
            terminal.type(b"q")
            self.assert_ends_well(terminal)

    def test_an_error_is_shown_until_it_is_over(self):
        with self.table(200) as terminal:
            self.endpoint.refusal = (503, "starting\n")
            terminal.wait_for(lambda shown: "503" in shown[2])
            self.assertGreater(terminal.screen.colours, 0)
            self.assertGreater(len(terminal.screen.lines), 15)
            self.endpoint.refusal = None
            terminal.wait_for(lambda shown: "503" not in shown[2])

    def test_no_colour(self):
        with self.table(80, NO_COLOR="1") as terminal:
            self.endpoint.refusal = (503, "starting\n")
            terminal.wait_for(lambda shown: "503" in shown[2])
            self.assertEqual(terminal.screen.colours, 0)

    def test_a_dumb_terminal_gets_tables(self):
        with self.table(80, TERM="dumb") as terminal:
            self.assert_ends_well_without_sequences(terminal)

    def test_an_ascii_terminal_gets_ascii(self):
        with self.table(80, LC_ALL="C") as terminal:
            self.assertTrue(all(line.isascii() for line in terminal.screen.lines))
            self.assertTrue(any(".." in line for line in terminal.screen.lines))
            self.assert_fits(terminal)

    def test_a_failure_at_the_start_leaves_the_terminal_alone(self):
        self.endpoint.refusal = (503, "starting\n")
        with self.open(80) as terminal:
            self.assertEqual(terminal.end(), 69)
            self.assertTrue(terminal.settings_are_back())
            self.assertIn("503", "".join(terminal.screen.lines))

    def assert_ends_well_without_sequences(self, terminal):
        self.assertFalse(terminal.screen.alternate)
        self.assertIsNone(terminal.screen.reverse_row)
        self.assertLessEqual(terminal.screen.widest, 80)
        terminal.type(b"\x03")
        self.assert_ends_well(terminal)


if __name__ == "__main__":
    CTL = os.path.realpath(sys.argv.pop(1))
    unittest.main()
