# SPDX-License-Identifier: Apache-2.0
"""The endpoint over TLS: a web config file with certificates, and clients that have theirs."""
import http.client
import json
import os
import pathlib
import shutil
import ssl

from harness import endpoint

FOLDER = pathlib.Path("/etc/vfswatchd/tls")
FILE = pathlib.Path("/etc/vfswatchd/web.yaml")
NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1"
GONE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError,
        ssl.SSLZeroReturnError)


def configure(web):
    FILE.write_text(json.dumps(web, indent=1) + "\n")
    FILE.chmod(0o644)


def install(certificate, key):
    """In place of what was there, each whole at any moment, the certificate first: the two do not
    belong together for a moment, as where people replace them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for source, name, mode in ((certificate, "server.pem", 0o644), (key, "server.key", 0o640)):
        new = FOLDER / f".{name}"
        shutil.copy(source, new)
        shutil.chown(new, "root", "vfswatchd")
        new.chmod(mode)
        os.replace(new, FOLDER / name)


def server_settings(**more):
    """For `tls_server_config`."""
    return {"cert_file": str(FOLDER / "server.pem"), "key_file": str(FOLDER / "server.key"),
            **more}


def context(authority, identity=None):
    """What a client checks and shows."""
    made = ssl.create_default_context(cafile=str(authority.file))
    if identity is not None:
        made.load_cert_chain(*map(str, identity))
    return made


class Client:
    """Keeps its connection, as Prometheus does, and like it asks again on a new one where the old
    one was ended while nothing was under way."""

    def __init__(self, tls, headers=None, host="127.0.0.1", port=endpoint.PORT):
        self.tls, self.headers, self.address = tls, headers or {}, (host, port)
        self.connection = None
        self.connects = 0

    def get(self, path="/metrics"):
        if self.connection is not None:
            try:
                return self._ask(path)
            except GONE:
                pass
        self.close()
        self.connection = http.client.HTTPSConnection(*self.address, context=self.tls, timeout=240)
        self.connects += 1
        return self._ask(path)

    def _ask(self, path):
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        return endpoint.Response(answer.status, dict(answer.getheaders()), answer.read())

    def certificate(self):
        """The server's serial number on this connection."""
        return self.connection.sock.getpeercert()["serialNumber"]

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None
