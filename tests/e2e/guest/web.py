# SPDX-License-Identifier: Apache-2.0
"""The endpoint where others can reach it: a real Prometheus over TLS, with certificates and
passwords, every wrong way refused, unix sockets, clients that hold on to their places, and a web
config file that breaks and is mended."""
import base64
import multiprocessing
import os
import pathlib
import resource
import select
import socket
import ssl
import statistics
import subprocess
import time

from harness import certificates, checks, daemon, endpoint, prometheus, web

DATA = pathlib.Path("/srv/web")
FILE, READS = DATA / "file", 40
CONFIG = {"web_config_file": str(web.FILE),
          "targets": [{"name": "data", "paths": {"include": [f"{DATA}/**"]}},
                      {"name": "etc", "paths": {"include": ["/etc/**"]}}]}
SUCCESSFUL = "vfswatch_web_config_last_reload_successful"
# The cost is that of an emulated processor's patience.
PASSWORD, COST = "right", 5
PROMETHEUS_SECONDS, SCRAPE_SECONDS = 20, 2
HALF_OPEN, DRIPPING = 1000, 200
DRIP_SECONDS, LOOKS = 20, 15
SLOWER_AT_MOST, NOISE_SECONDS = 2, 0.05
HELD_BYTES_AT_MOST = 32 << 20
UNIX = "/run/vfswatchd/metrics.sock"
GROUP = "readers"


def bcrypt(password):
    """libxcrypt's, as htpasswd uses it."""
    import crypt  # pylint: disable=import-outside-toplevel,deprecated-module
    return crypt.crypt(password, f"$2b${COST:02}$" + "abcdefghijklmnopqrstuu")


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Ways:
    """Authorities and who they know, and what the daemon wants of them."""

    def __init__(self):
        self.ours = certificates.Authority("/srv/certificates", "ours")
        self.other = certificates.Authority("/srv/certificates", "other")
        self.server = self.ours.issue("server", web.NAMES)
        self.client = self.ours.issue("client", "DNS:prometheus")
        self.expired = self.ours.issue_expired("expired", "DNS:prometheus")
        self.stranger = self.other.issue("stranger", "DNS:prometheus")

    def configure(self):
        web.install(*self.server)
        web.configure({
            "tls_server_config": web.server_settings(
                client_auth_type="RequireAndVerifyClientCert", client_ca_file=str(self.ours.file)),
            "basic_auth_users": {"prom": bcrypt(PASSWORD)}})

    def right_get(self, path="/metrics"):
        client = web.Client(web.context(self.ours, self.client), basic("prom", PASSWORD))
        try:
            return client.get(path)
        finally:
            client.close()

    def get(self, identity, headers):
        """The status; or, of a connection that was refused, how."""
        client = web.Client(web.context(self.ours, identity), headers)
        try:
            return client.get().status
        except (OSError, ssl.SSLError) as error:
            return f"refused: {error!r}"
        finally:
            client.close()


# Prometheus

JOBS = {
    "right": {}, "no_certificate": {"identity": None}, "expired": {"identity": "expired"},
    "stranger": {"identity": "stranger"}, "wrong_password": {"password": "wrong"},
    "unknown_user": {"user": "nobody"}, "no_password": {"user": None},
    "plain": {"scheme": "http", "identity": None},
}


def job(ways, name, scheme="https", identity="client", user="prom", password=PASSWORD):
    made = {"job_name": name, "scheme": scheme,
            "static_configs": [{"targets": [f"127.0.0.1:{endpoint.PORT}"]}]}
    if scheme == "https":
        made["tls_config"] = {"ca_file": str(ways.ours.file)}
        if identity is not None:
            files = map(str, getattr(ways, identity))
            made["tls_config"].update(zip(("cert_file", "key_file"), files))
    if user is not None:
        made["basic_auth"] = {"username": user, "password": password}
    return made


def check_prometheus(check, ways):
    jobs = [job(ways, name, **settings) for name, settings in JOBS.items()]
    server = prometheus.start(DATA, SCRAPE_SECONDS, jobs)
    for _ in range(READS):
        FILE.read_bytes()
    time.sleep(PROMETHEUS_SECONDS)
    wanted = {name: "1" if name == "right" else "0" for name in JOBS}
    for function in ("min_over_time", "max_over_time"):
        found = {labels["job"]: value for labels, value in
                 prometheus.query(f"{function}(up[{PROMETHEUS_SECONDS // 2}s])")}
        check.equal(f"Prometheus {function} of up", found, wanted)
    # Each read finds its end by another call.
    rows = prometheus.query(f'vfswatch_file_read_calls_total{{target="data",path="{FILE}"}}')
    check.equal("Prometheus calls", [(labels["job"], value) for labels, value in rows],
                [("right", str(2 * READS))])
    server.terminate()
    server.wait()


# Everything wrong

def check_wrong_ways(check, ways):
    pid = daemon.shown("MainPID")
    right = basic("prom", PASSWORD)
    check.equal("right", ways.get(ways.client, right), 200)
    for name, identity in (("none", None), ("expired", ways.expired), ("stranger", ways.stranger)):
        outcome = ways.get(identity, right)
        check.true(f"certificate {name}", str(outcome).startswith("refused"), outcome)
    for name, headers in (("none", {}), ("wrong", basic("prom", "wrong")),
                          ("unknown user", basic("nobody", PASSWORD)),
                          ("another scheme", {"Authorization": "Bearer abc"}),
                          ("no base64", {"Authorization": "Basic %%%"})):
        check.equal(f"password {name}", ways.get(ways.client, headers), 401)
    check_versions(check, ways)
    check_plain(check)
    check.equal("the process lives", (ways.get(ways.client, right), daemon.shown("MainPID")),
                (200, pid))


def check_versions(check, ways):
    """As testssl does it: by openssl, which must be told to speak the old ones at all."""
    certificate, key = map(str, ways.client)
    for version, spoken in (("tls1", False), ("tls1_1", False), ("tls1_2", True),
                            ("tls1_3", True)):
        done = subprocess.run(
            ["openssl", "s_client", "-ign_eof", "-connect", f"127.0.0.1:{endpoint.PORT}", f"-{version}",
             "-cipher", "DEFAULT:@SECLEVEL=0", "-cert", certificate, "-key", key, "-CAfile",
             str(ways.ours.file), "-verify_return_error"],
            input="GET /healthz HTTP/1.0\r\n\r\n", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", check=False, timeout=60)
        found = "Verify return code: 0 (ok)" in done.stdout and " 401 Unauthorized" in done.stdout
        check.true(f"openssl s_client -{version} {'speaks' if spoken else 'is refused'}",
                   found == spoken, f"status {done.returncode}: {done.stdout[:60]!r}")


def check_plain(check):
    with socket.create_connection(("127.0.0.1", endpoint.PORT), timeout=60) as plain:
        plain.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = plain.recv(65536)
    check.true("plain HTTP gets no page", b"vfswatch" not in answer and b"200" not in answer,
               answer[:60])


# A web config file that breaks

def successful(ways):
    page = endpoint.Page(ways.right_get().body.decode())
    return page.samples(SUCCESSFUL)[0][1]


def check_breaks(check, ways):
    """At run time the last good one stays, and at the start nothing is served."""
    pid = daemon.shown("MainPID")
    check.equal("web config good", successful(ways), 1)
    good = web.FILE.read_text()
    web.FILE.write_text("tls_server_config: {cert_file: nowhere.pem}\n")
    check.true("web config broken: told", checks.until(lambda: successful(ways) == 0, 60))
    check.equal("web config broken: wrong ways stay wrong",
                str(ways.get(ways.stranger, basic("prom", PASSWORD))).startswith("refused"), True)
    status, text = daemon.command("vfswatchctl", "reload")
    check.true("web config broken: a reload says where",
               status == 78 and f"{web.FILE}:1:" in text and "key_file" in text, (status, text))
    web.FILE.write_text(good)
    check.true("web config mended: told", checks.until(lambda: successful(ways) == 1, 60))
    check.equal("web config: the process lives", daemon.shown("MainPID"), pid)
    check_refused_start(check, good)


def check_refused_start(check, good):
    key = web.FOLDER / "server.key"
    key.chmod(0o644)
    daemon.stop()
    status = daemon.systemctl("start", daemon.UNIT, check=False)
    check.equal("a key that others may read: start", (status != 0, daemon.shown("ExecMainStatus")),
                (True, "78"))
    check.true("a key that others may read: why", "chmod" in daemon.journal())
    key.chmod(0o640)
    web.FILE.write_text("basic_auth_users: {prom: secret}\n")
    daemon.systemctl("reset-failed", daemon.UNIT, daemon.SOCKET, check=False)
    check.true("no bcrypt: start", daemon.systemctl("start", daemon.UNIT, check=False) != 0)
    check.true("no bcrypt: where, and not what", f"{web.FILE}:1:" in daemon.journal() and
               "secret" not in daemon.journal())
    web.FILE.write_text(good)


# Clients that hold on to their places

class Holders(multiprocessing.Process):
    """So many connections that say nothing, and so many that say a byte in a second. A process of
    its own: what it takes to hold them shall not be the measured client's."""

    def __init__(self):
        super().__init__(daemon=True)
        self.told = multiprocessing.Event()
        self.reconnects = multiprocessing.Value("L", 0)
        self.start()

    def run(self):
        """Who is hung up on comes again."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
        half_open = [connected() for _ in range(HALF_OPEN)]
        dripping = [connected() for _ in range(DRIPPING)]
        for byte in b"GET /metrics HTTP/1.1\r\nHost: a\r\nX-Padding: " + b"x" * 10000:
            if self.told.wait(1):
                return
            for sockets in (half_open, dripping):
                self.reconnects.value += connect_again(sockets)
            for one in dripping:
                try:
                    one.send(bytes([byte]))
                except OSError:
                    pass

    def end(self):
        self.told.set()
        self.join()


def connect_again(sockets):
    """Those that were hung up on; returns how many."""
    ended = hung_up(sockets)
    for i, one in enumerate(sockets):
        if one.fileno() in ended:
            one.close()
            sockets[i] = connected()
    return len(ended)


def connected():
    one = socket.socket()
    one.setblocking(False)
    try:
        one.connect(("127.0.0.1", endpoint.PORT))
    except BlockingIOError:
        pass
    return one


def hung_up(sockets):
    poll = select.poll()
    for one in sockets:
        poll.register(one, select.POLLRDHUP)
    return {fd for fd, event in poll.poll(0) if event}


def took(path):
    begin = time.monotonic()
    answer = endpoint.get(path)
    if answer.status != 200:
        raise OSError(f"{path}: {answer.status}")
    return time.monotonic() - begin


def look_often():
    """{path: median of seconds}"""
    return {path: statistics.median(took(path) for _ in range(LOOKS))
            for path in ("/healthz", "/metrics")}


def rss():
    status = pathlib.Path(f"/proc/{daemon.shown('MainPID')}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) << 10


def check_holders(check):
    daemon.start({"targets": CONFIG["targets"]})
    usual, size = look_often(), rss()
    holders = Holders()
    time.sleep(DRIP_SECONDS)
    during = look_often()
    grown = rss() - size
    holders.end()
    for path, seconds in during.items():
        check.true(f"{HALF_OPEN} half-open and {DRIPPING} slow clients: {path}",
                   seconds <= SLOWER_AT_MOST * usual[path] + NOISE_SECONDS,
                   f"{seconds * 1000:.1f} ms, usually {usual[path] * 1000:.1f} ms; "
                   f"{holders.reconnects.value} came again")
    check.equal("they did hold on", (holders.exitcode, holders.reconnects.value > 0), (0, True))
    check.true("they hold no memory beyond its bound", grown <= HELD_BYTES_AT_MOST, grown)


# Several listeners

def check_listeners(check):
    """As shipped: the sockets of systemd, and one of unix for a group."""
    subprocess.run(["groupadd", "-f", GROUP], check=True)
    daemon.drop_in(daemon.PATIENCE + f"SupplementaryGroups={GROUP}\n")
    daemon.start({**CONFIG, "listen": [{"address": "systemd"}, {
        "address": f"unix:{UNIX}", "mode": "0660", "group": GROUP}]})
    status = os.stat(UNIX)
    check.equal("unix socket mode, owner, group",
                (oct(status.st_mode & 0o7777), pathlib.Path(UNIX).owner(),
                 pathlib.Path(UNIX).group()), ("0o660", "vfswatchd", GROUP))
    curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", UNIX,
            "http://localhost/metrics?target[]=etc", "-g"]
    check.equal("unix socket: no password, no TLS", daemon.command(*curl)[1], "200")
    for name, wanted in (("a member", 0), ("nobody else", 7)):
        groups = [f"--groups={GROUP}"] if wanted == 0 else ["--clear-groups"]
        outcome = daemon.command("setpriv", "--reuid=65534", "--regid=65534", *groups, *curl)
        check.equal(f"unix socket: {name}", outcome[0], wanted)
    daemon.restart()
    check.equal("unix socket after a restart", daemon.command(*curl)[1], "200")
    daemon.stop()
    check.equal("unix socket after a stop", os.path.exists(UNIX), False)
    check_addresses(check)


def check_addresses(check):
    daemon.ship_drop_in("direct-bind.conf")
    addresses = [("127.0.0.1", 9981), ("::1", 9982), ("127.0.0.2", 9983)]
    daemon.start({"targets": CONFIG["targets"], "listen": [
        {"address": f"[{host}]:{port}" if ":" in host else f"{host}:{port}"}
        for host, port in addresses]})
    check.equal("several addresses", [endpoint.get("/healthz", host=host, port=port).status
                                      for host, port in addresses], [200, 200, 200])
    page = endpoint.Page(endpoint.get("/metrics?target%5B%5D=etc", port=9981).body.decode())
    named = {labels["target"] for family in page.families
             for labels, _ in page.samples(family) if "target" in labels}
    check.equal("one target's page", named, {"etc"})
    check.equal("an unknown target's", endpoint.get("/metrics?target[]=no", port=9981).status, 400)
    daemon.take_back_drop_in("direct-bind.conf")
    daemon.stop()


def body(check):
    DATA.mkdir(parents=True)
    FILE.write_bytes(b"x" * 100)
    ways = Ways()
    ways.configure()
    daemon.start(CONFIG)
    check_prometheus(check, ways)
    check_wrong_ways(check, ways)
    check_breaks(check, ways)
    check_listeners(check)
    check_holders(check)
    daemon.stop()


checks.run("web", body)
