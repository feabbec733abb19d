#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# install-deps.sh WHAT...: installs what packaging/deps names for build, demo, guest, package or
# test and is not there yet. Needs root only if something is missing. --missing: names that, does nothing.
set -euo pipefail
here=$(dirname "$0")
lists=/var/lib/apt/lists

missing() {
	local name state
	awk -v whats="$*" '
		BEGIN { count = split(whats, list, " "); for (i = 1; i <= count; i++) want[list[i]] = 1 }
		$1 in want { print $2; found[$1] = 1 }
		END {
			for (what in want) if (!(what in found)) {
				print "install-deps: packaging/deps has nothing for " what > "/dev/stderr"
				exit 64
			}
		}' "$here/deps" | sort -u | while read -r name; do
		state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null || true)
		[ "$state" = "ii " ] || echo "$name"
	done
}

# Lists older than a day name versions that the mirror may have dropped. The folder's time is that
# of the last update; the files' times are the mirror's.
lists_are_fresh() {
	[ -n "$(find "$lists" -maxdepth 1 -name '*_Packages*' -print -quit)" ] &&
		[ -n "$(find "$lists/partial" -maxdepth 0 -mtime -1)" ]
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

if [ "${1-}" = --missing ]; then
	shift
	missing "$@"
	exit
fi
names=$(missing "$@")
[ -n "$names" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "install-deps: only root can install: ${names//$'\n'/ }" >&2
	exit 77
fi
mapfile -t packages <<<"$names"
lists_are_fresh || apt update
apt install -y --no-install-recommends "${packages[@]}" || {
	apt update
	apt install -y --no-install-recommends "${packages[@]}"
}
