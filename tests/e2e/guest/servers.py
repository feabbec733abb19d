# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL under pgbench and an nginx that serves files, as Debian has them, watched by their
units: each file's bytes and calls are strace's, and the bytes are those that the clients got. What
others read of the same files does not count."""
import pathlib
import random
import subprocess

from harness import checks, daemon, endpoint, programs

DATABASE_UNIT = "postgresql@15-main.service"
DATABASE = pathlib.Path("/var/lib/postgresql/15/main")
# So few buffers that pages are read over and over; and nothing of its own accord.
BUFFERS = 512 << 10
DATABASE_SETTINGS = f"""
shared_buffers = {BUFFERS >> 10}kB
max_connections = 20
autovacuum = off
fsync = off
jit = off
ssl = off
"""
CLIENTS, TRANSACTIONS = 3, 100
RELATIONS_AT_LEAST = 5
SITE = pathlib.Path("/srv/www")
SITE_UNIT = "nginx.service"
ADDRESS = "127.0.0.1:8080"
SITE_SETTINGS = f"""
user www-data;
worker_processes 2;
pid /run/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    open_file_cache off;
    server {{
        listen {ADDRESS};
        root {SITE};
        sendfile off;
        location /sent/ {{ sendfile on; }}
    }}
}}
"""
FILES, SENT_FILES, TRACED_FILES = 1000, 100, 100
CONFIG = {"targets": [
    {"name": "postgres", "processes": {"units": [DATABASE_UNIT]},
     "paths": {"include": [f"{DATABASE}/**"]}},
    {"name": "nginx", "processes": {"units": [SITE_UNIT]}, "paths": {"include": [str(SITE)]}}]}


def as_postgres(*words):
    return subprocess.run(["runuser", "-u", "postgres", "--", *words], cwd="/", check=True,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def pids_of(unit):
    group = daemon.command("systemctl", "show", "--value", "-p", "ControlGroup", unit)[1].strip()
    return sorted(map(int, pathlib.Path(f"/sys/fs/cgroup{group}/cgroup.procs").read_text().split()))


def files_of(target):
    return endpoint.scrape(target).files(target=target)


def at_rest(target):
    """What is counted, once the server reads no more."""
    seen = []

    def same_twice():
        seen.append(files_of(target))
        return seen[-2:-1] == seen[-1:]

    checks.until(same_twice, 30, 0.5)
    return seen[-1]


def grown(before, after):
    return {path: tuple(now - then for now, then in zip(amount, before.get(path, (0, 0))))
            for path, amount in after.items() if amount != before.get(path)}


def below(folder, files):
    return {path: amount for path, amount in files.items() if path.startswith(f"{folder}/")}


def check_strace(check, target, folder, before, traced):
    """Files of the folder: grown since `before` by what strace saw."""
    wanted = below(folder, traced)
    seen = endpoint.until_equal(lambda: grown(before, files_of(target)), wanted)
    check.same(f"{target} each file's bytes and calls == strace's", seen, wanted)
    page = endpoint.scrape(target)
    files = page.files(target=target)
    check.equal(f"{target} total == all files",
                (page.sum(endpoint.TARGET_BYTES, target=target),
                 page.sum(endpoint.TARGET_CALLS, target=target)),
                tuple(sum(amount[i] for amount in files.values()) for i in (0, 1)))
    return wanted


def read_as_others(paths):
    """Not of the units, so that whatever is counted of it is one too many."""
    subprocess.run(["cat", *map(str, paths)], stdout=subprocess.DEVNULL, check=True)


def start_database():
    settings = pathlib.Path("/etc/postgresql/15/main/conf.d/test.conf")
    settings.write_text(DATABASE_SETTINGS)
    settings.chmod(0o644)
    daemon.systemctl("start", DATABASE_UNIT)
    as_postgres("createdb", "bench")
    as_postgres("pgbench", "-i", "-s", "1", "-q", "bench")
    as_postgres("psql", "-q", "-c", "CHECKPOINT", "bench")


def check_database(check):
    # The unit is not there yet when the daemon starts.
    start_database()
    checks.say("the database is filled")
    servers = pids_of(DATABASE_UNIT)
    before = at_rest("postgres")
    check.true("postgres start and filling were seen", len(before) > RELATIONS_AT_LEAST,
               f"{len(before)} files")
    strace = programs.Attached(servers, "/srv/postgres.traces")
    told = as_postgres("pgbench", "-n", "-c", str(CLIENTS), "-t", str(TRANSACTIONS), "bench")
    read_as_others(path for path in DATABASE.glob("base/*/*") if path.is_file())
    number = CLIENTS * TRANSACTIONS
    check.true("postgres transactions", f"processed: {number}/{number}" in told, number)
    ended = checks.until(lambda: pids_of(DATABASE_UNIT) == servers, 30)
    check.true("postgres clients' servers have ended", ended)
    wanted = check_strace(check, "postgres", DATABASE, before, strace.end())
    relations = below(f"{DATABASE}/base", wanted)
    pages = sum(count for count, _ in relations.values())
    check.true("postgres read relations over and over", len(relations) >= RELATIONS_AT_LEAST and
               pages > 10 * BUFFERS, f"{len(relations)} relations, {pages} B")
    daemon.systemctl("stop", DATABASE_UNIT)


def make_site():
    """{path: bytes}"""
    numbers = random.Random(3)
    sizes = {}
    for folder, count in (("plain", FILES), ("sent", SENT_FILES)):
        (SITE / folder).mkdir(parents=True)
        for i in range(count):
            path = SITE / f"{folder}/file{i:03}"
            # Every tenth may need more than one of nginx's buffers.
            limit = 200_000 if i % 10 == 0 else 9000
            path.write_bytes(numbers.randbytes(numbers.randrange(1, limit)))
            sizes[str(path)] = path.stat().st_size
    return sizes


def start_site():
    pathlib.Path("/etc/nginx/nginx.conf").write_text(SITE_SETTINGS)
    daemon.systemctl("start", SITE_UNIT)


def fetch(paths):
    """Two clients, so that both workers have work; returns the bytes that they got."""
    clients = []
    for i in range(2):
        words = "".join(f'url = "http://{ADDRESS}{path.removeprefix(str(SITE))}"\n'
                        'output = "/dev/null"\n' for path in paths[i::2])
        client = subprocess.Popen(["curl", "-s", "-f", "-w", "%{size_download}\n", "-K", "-"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        client.stdin.write(words)
        client.stdin.close()
        clients.append(client)
    texts = [client.stdout.read() for client in clients]
    if any(client.wait() for client in clients):
        raise ChildProcessError("curl failed")
    return sum(int(line) for text in texts for line in text.split())


def check_plain(check, sizes):
    plain = sorted(below(SITE / "plain", sizes))
    times = {path: 1 + i % 3 for i, path in enumerate(plain)}
    paths = [path for path in plain for _ in range(times[path])]
    random.Random(5).shuffle(paths)
    read_as_others(plain)
    received = fetch(paths)
    wanted = {path: sizes[path] * times[path] for path in plain}
    seen = endpoint.until_equal(
        lambda: endpoint.scrape("nginx").by(endpoint.FILE_BYTES, "path", target="nginx"), wanted)
    check.same("nginx each file's bytes == size * requests", seen, wanted)
    check.equal("nginx total == what the clients got",
                endpoint.scrape("nginx").sum(endpoint.TARGET_BYTES, target="nginx"), received)


def check_traced(check, name, paths, sizes):
    before = at_rest("nginx")
    strace = programs.Attached(pids_of(SITE_UNIT), f"/srv/nginx-{name}.traces")
    received = fetch(paths)
    read_as_others(paths)
    traced = strace.end()
    check.equal(f"nginx {name} files that strace saw", len(below(SITE, traced)), len(paths))
    wanted = check_strace(check, "nginx", SITE, before, traced)
    check.same(f"nginx {name} bytes == sizes", {path: amount[0] for path, amount in wanted.items()},
               {path: sizes[path] for path in paths})
    check.equal(f"nginx {name} sum == what the clients got",
                sum(count for count, _ in wanted.values()), received)


def check_site(check):
    sizes = make_site()
    start_site()
    check_plain(check, sizes)
    checks.say("all files are served")
    check_traced(check, "plain", sorted(below(SITE / "plain", sizes))[:TRACED_FILES], sizes)
    check_traced(check, "sent", sorted(below(SITE / "sent", sizes)), sizes)
    daemon.systemctl("stop", SITE_UNIT)


def body(check):
    daemon.start(CONFIG)
    check_database(check)
    checks.say("the database is done")
    check_site(check)
    check.equal("lost", endpoint.scrape().losses(), {})
    daemon.stop()


checks.run("servers", body)
