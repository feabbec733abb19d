#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does the demonstration show the reads of its programs, and leave nothing behind?
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$(mktemp)
trap 'rm -f "$out"' EXIT

fail() {
	cat "$out"
	echo "FAIL $*"
	exit 1
}

port_is_closed() {
	! (exec 3<>/dev/tcp/127.0.0.1/9974) 2>/dev/null
}

packaging/quickstart.sh --seconds 30 >"$out" 2>&1 </dev/null || fail "exit status $?"
# The programs' reads of files whose sizes are known to within a page.
grep -E '^demo +sqlite3 +[0-9]{7,} .*/orders\.db$' "$out" || fail "sqlite3 read its database"
grep -E '^demo-databases +\(anyone\) +[0-9]{7,} .*/orders\.db$' "$out" || fail "so did anyone"
grep -E '^demo +python3 +[0-9]{6,} .*/access\.log$' "$out" || fail "python3 read the log"
grep -E '^demo +grep +[0-9]{4,} .*/note-[0-9]+\.txt$' "$out" || fail "grep read the notes"
grep -E '^[0-9]+ series; bytes not counted under a file of their own: 0$' "$out" ||
	fail "every byte under its file"
grep -F 'Endpoint: http://127.0.0.1:9974/metrics' "$out" || fail "the endpoint is named"
port_is_closed || fail "nothing listens afterwards"
[ ! -e /srv/vfswatchd-demo ] || fail "no files are left"
