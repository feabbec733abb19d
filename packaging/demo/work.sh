#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# work.sh: makes a folder of files and lets ordinary programs read them until it is ended.
set -eu
folder=/srv/vfswatchd-demo

make_files() {
	python3 - "$folder" <<'END'
import pathlib, random, sqlite3, sys

folder = pathlib.Path(sys.argv[1])
words = "read write open close file page block cache inode needle".split()
random.seed(1)
for number in range(120):
    place = folder / "notes" / f"chapter {number // 20}"
    place.mkdir(parents=True, exist_ok=True)
    text = " ".join(random.choices(words, k=400 + 10 * number))
    (place / f"note-{number:03}.txt").write_text(text)
(folder / "access.log").write_text("GET /index.html 200 5123\n" * 20000)
database = sqlite3.connect(folder / "orders.db")
database.execute("create table orders (id integer primary key, note text)")
database.executemany("insert into orders (note) values (?)",
                     ((" ".join(random.choices(words, k=30)),) for _ in range(8000)))
database.commit()
END
}

read_files() {
	# Into a pipe: tar does not read what it would write to /dev/null.
	tar -c -C "$folder" notes | wc -c
	grep -r needle "$folder/notes" | wc -l
	sqlite3 "$folder/orders.db" "select count(*) from orders where note like '%cache%'"
	python3 -c 'import sys; print(sum(len(line) for line in open(sys.argv[1])))' \
		"$folder/access.log"
}

# An interrupted script must not leave the folder; one that was there before is not ours.
mkdir "$folder"
trap 'rm -rf "$folder"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
make_files
while :; do
	read_files >/dev/null
	sleep 1
done
