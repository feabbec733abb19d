#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An endpoint that serves pages of a machine that is not there.

endpoint.py [PORT]: serves machine.page() by the clock, to be looked at."""
import base64
import contextlib
import gzip
import http.server
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
import machine  # noqa: E402  (no bytecode beside it)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        endpoint = self.server.endpoint
        address = urllib.parse.urlsplit(self.path)
        endpoint.requests.append(self.path)
        targets = urllib.parse.parse_qs(address.query).get("target[]", [])
        if endpoint.password and self.headers["Authorization"] != endpoint.password:
            return self.answer(401, "unauthorized: a user and a password are needed\n")
        if endpoint.refusal:
            return self.answer(*endpoint.refusal)
        if address.path != "/metrics":
            return self.answer(404, "not found: try /metrics\n")
        if set(targets) - {read[0] for read in machine.READS}:
            return self.answer(400, "no such target: see / for those that there are\n")
        return self.answer(200, endpoint.next_page(targets))

    def answer(self, status, text):
        body = text.encode() if isinstance(text, str) else text
        self.send_response(status)
        if status == 200 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "client"

    def log_message(self, *_):
        pass


class Threads(socketserver.ThreadingMixIn):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up is part of some tests."""


class Server(Threads, http.server.HTTPServer):
    pass


class UnixServer(Threads, socketserver.UnixStreamServer):
    pass


class Endpoint:
    """Serves until it is closed. next_page(targets) makes the pages; `refusal`, (status, text),
    takes their place, and `password` is what has to be shown."""

    def __init__(self, socket=None, certificate=None, port=0):
        self.requests = []
        self.refusal = None
        self.password = None
        self.pages = 0
        if socket:
            self.server = UnixServer(socket, Handler)
            self.url = f"unix:{socket}"
        else:
            self.server = Server(("127.0.0.1", port), Handler)
            scheme = "https" if certificate else "http"
            self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}/metrics"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.endpoint = self
        # Another one sees the end sooner than half a second later.
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True)
        self.thread.start()

    def next_page(self, targets):
        self.pages += 1
        return machine.page(self.pages, targets=targets)

    def ask_for_password(self, user, password):
        self.password = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main(arguments):
    endpoint = Endpoint(port=int(arguments[0]) if arguments else 0)
    began = time.monotonic()
    endpoint.next_page = lambda targets: machine.page(time.monotonic() - began, targets=targets)
    print(endpoint.url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        endpoint.thread.join()


if __name__ == "__main__":
    main(sys.argv[1:])
