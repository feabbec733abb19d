# SPDX-License-Identifier: Apache-2.0
"""A plausible machine's page: a database, a web server, a backup and who looks at keys."""

PG = "/var/lib/postgresql/15/main"
# target, path, other labels, bytes a read, reads a second, errors a second
READS = [
    ("postgres", f"{PG}/base/16384/16397", {"comm": "postgres"}, 8192, 8410, 0),
    ("postgres", f"{PG}/base/16384/16412_fsm", {"comm": "postgres"}, 8192, 122, 0),
    ("postgres", f"{PG}/base/16384/2619", {"comm": "postgres"}, 8192, 1904, 0),
    ("postgres", f"{PG}/pg_wal/00000001000000A30000004F", {"comm": "walsender"}, 131072, 96, 0),
    ("postgres", f"{PG}/global/pg_control", {"comm": "postgres"}, 8192, 3, 0),
    ("web", "/srv/www/shop.example.org/static/app.4f1c9a.js", {"comm": "nginx"}, 32768, 611, 0),
    ("web", "/srv/www/shop.example.org/static/fonts/inter-latin-400.woff2", {"comm": "nginx"},
     16384, 240.5, 0),
    ("web", "/srv/www/shop.example.org/media/2026/11/ウィンターセール-バナー.webp",
     {"comm": "nginx"}, 65536, 77, 0),
    ("web", "/etc/nginx/mime.types", {"comm": "nginx"}, 3957, 0.5, 0),
    ("backup", "/srv/photos/2024/08/IMG_20240817_184501.dng", {"comm": "borg"}, 1048576, 41, 0),
    ("backup", "/srv/mail/anna/archive 2019.mbox", {"comm": "borg"}, 1048576, 18, 2.5),
    ("backup", "/srv/mail/anna/archive 2019.mbox", {"comm": "clamd"}, 4096, 310, 0),
    ("backup", "/var/lib/postgresql/15/main/postgresql.auto.conf", {"comm": "borg"}, 88, 0.5, 0),
    ("logs", "/var/log/nginx/access.log", {"comm": "filebeat"}, 214, 2950, 0),
    ("logs", "/var/log/journal/6c1f0d0b8f5e4f7ca2b1d8f0a5c3e9d7/system.journal",
     {"comm": "journalctl"}, 4096, 12, 0),
    ("keys", "/etc/ssl/private/shop.example.org.key", {"comm": "nginx"}, 1704, 0.5, 0),
    ("keys", "/root/.ssh/id_ed25519", {"comm": "python3"}, 411, 0.5, 0.5),
]
# As long as no daemon runs so long: the numbers are large.
BEFORE_SECONDS = 1_000_000


def escaped(value):
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def sample(name, labels, value):
    text = ",".join(f'{key}="{escaped(each)}"' for key, each in labels.items())
    return f"{name}{{{text}}} {value}\n"


def page(seconds, started=1764091201, targets=(), reads=None):
    """What the endpoint shows so many seconds after it began; `targets`: of these only."""
    shown = [read for read in (READS if reads is None else reads)
             if not targets or read[0] in targets]
    text = ("# HELP process_start_time_seconds When the daemon was started, in Unix time.\n"
            "# TYPE process_start_time_seconds gauge\n"
            f"process_start_time_seconds {started}\n"
            "# TYPE vfswatch_series gauge\n"
            f"vfswatch_series {len(shown)}\n")
    totals = {}
    for kind in "bytes", "calls", "errors":
        text += f"# TYPE vfswatch_file_read_{kind}_total counter\n"
        for target, path, others, size, calls, errors in shown:
            total = int((errors if kind == "errors" else calls) * (BEFORE_SECONDS + seconds))
            value = total * size if kind == "bytes" else total
            if value or kind != "errors":
                text += sample(f"vfswatch_file_read_{kind}_total",
                               {"target": target, "path": path, **others}, value)
            totals[target, kind] = totals.get((target, kind), 0) + value
    for (target, kind), value in totals.items():
        labels = {"target": target} | ({"errno": "EIO"} if kind == "errors" else {})
        if value or kind != "errors":
            text += sample(f"vfswatch_target_read_{kind}_total", labels, value)
    return text
