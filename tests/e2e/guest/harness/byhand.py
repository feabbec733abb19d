# SPDX-License-Identifier: Apache-2.0
"""A daemon that root starts without systemd."""
import subprocess
import tempfile

from harness import checks, daemon, lives

PROGRAM = "/usr/sbin/vfswatchd"
END_SECONDS = 60


class Daemon:
    """Starts with this config, whether or not another one runs."""

    def __init__(self, config):
        daemon.configure(config)
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def wait_until_ready(self):
        if not checks.until(lives.is_ready, lives.READY_SECONDS):
            raise TimeoutError("the daemon does not become ready")
        return self

    def wait(self):
        status = self.process.wait(END_SECONDS)
        self.log.seek(0)
        text = self.log.read()
        self.log.close()
        return status, text

    def stop(self):
        self.process.terminate()
        return self.wait()
