#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# unit.sh DAEMON VFSWATCHCTL: does systemd take the units without a word, as shipped and with each drop-in, and is
# the service as closed as promised: an exposure of at most 1.5, and of 2.1 with a drop-in, such as
# where it listens by itself? Does the unit say why, of each thing that systemd would like besides?
set -euo pipefail
daemon=$(realpath "$1")
ctl=$(realpath "$2")
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
units=$root/usr/lib/systemd/system
unit=systemd/vfswatchd.service
# systemd looks for the programs that the unit starts and for the units that it refers to.
install -D "$daemon" "$root/usr/sbin/vfswatchd"
install -D "$ctl" "$root/usr/bin/vfswatchctl"
install -D /bin/sh "$root/bin/sh"
mkdir -p "$root/usr/lib/systemd"
cp -r /usr/lib/systemd/system "$root/usr/lib/systemd"
cp "$unit" systemd/vfswatchd.socket "$units"

# verify UNIT: what it only warns about counts as well.
verify() {
	local said
	said=$(systemd-analyze verify --root="$root" --man=no "$1" 2>&1) || {
		echo "$said"
		exit 1
	}
	[ -z "$said" ] || { echo "$said"; exit 1; }
}

# exposure TENTHS: of the service with what is in its folder of drop-ins.
exposure() {
	systemd-analyze security --offline=true --root="$root" --threshold="$1" --no-pager \
		vfswatchd.service
}

verify vfswatchd.socket
verify vfswatchd.service
exposure 15
systemd-analyze security --offline=true --json=short "$unit" | python3 -c '
import json, re, sys
reasons = "".join(line for line in open(sys.argv[1]) if line.startswith("#"))
weak = [found["name"] for found in json.load(sys.stdin) if float(found["exposure"] or 0) > 0]
silent = [name for name in weak if re.split("[=/]", name.rpartition("~")[2])[0] not in reasons]
for name in silent:
    print(f"{sys.argv[1]} does not say why not {name}")
sys.exit(bool(silent) or not weak)' "$unit"

for drop_in in $(some_sources 'systemd/dropins/*.conf'); do
	install -D -m 644 -t "$units/vfswatchd.service.d" "$drop_in"
	verify vfswatchd.service
	exposure 21
	rm -r "$units/vfswatchd.service.d"
done
