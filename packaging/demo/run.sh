#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh DAEMON CONFIG ADDRESS: the demonstration, on the machine that it is started on: makes a
# folder of files, starts the daemon, and lets ordinary programs read until it is ended.
set -eu
daemon=$1 config=$2 address=$3
folder=/srv/vfswatchd-demo
pids=

make_files() {
	python3 - "$folder" <<'END'
import pathlib, random, sqlite3, sys

folder = pathlib.Path(sys.argv[1])
words = "read write open close file page block cache inode needle".split()
random.seed(1)
text = " ".join(random.choices(words, k=4000))
for number in range(40):
    place = folder / "notes" / f"chapter {number // 10}"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"note-{number:02}.txt").write_text(text[:2000 + 250 * number])
(folder / "access.log").write_text("GET /index.html 200 5123\n" * 20000)
database = sqlite3.connect(folder / "orders.db")
database.execute("create table orders (id integer primary key, note text)")
database.executemany("insert into orders (note) values (?)",
                     ((text[row % 5000:][:160],) for row in range(8000)))
database.commit()
END
}

read_files() {
	sqlite3 "$folder/orders.db" "select count(*) from orders where note like '%cache%'"
	python3 -c 'import sys; print(sum(len(line) for line in open(sys.argv[1])))' \
		"$folder/access.log"
	grep -r needle "$folder/notes" | wc -l
	# Into a pipe: tar does not read what it would write to /dev/null.
	tar -c -C "$folder" notes | wc -c
}

stop() {
	trap '' TERM INT
	# shellcheck disable=SC2086  # one word a process
	[ -z "$pids" ] || kill $pids 2>/dev/null || true
	wait
	rm -rf "$folder"
}

# Fails where the folder is already: what is in it is not ours.
mkdir "$folder"
trap stop EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
make_files
"$daemon" --config "$config" --listen "$address" &
pids=$!
while read_files >/dev/null; do
	sleep 1
done &
pids="$pids $!"
# Without the daemon there is nothing to show.
wait "${pids% *}"
