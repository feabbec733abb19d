#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# unit.sh DAEMON VFSWATCHCTL: does systemd take the unit without a word, and is the service as closed as
# promised: an exposure of at most 2.1 while it listens by itself?
set -euo pipefail
daemon=$(realpath "$1")
ctl=$(realpath "$2")
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
unit=systemd/vfswatchd.service
# systemd looks for the programs that the unit starts and for the units that it refers to.
install -D "$daemon" "$root/usr/sbin/vfswatchd"
install -D "$ctl" "$root/usr/bin/vfswatchctl"
mkdir -p "$root/usr/lib/systemd"
cp -r /usr/lib/systemd/system "$root/usr/lib/systemd"
cp "$unit" "$root/usr/lib/systemd/system"
said=$(systemd-analyze verify --root="$root" --man=no vfswatchd.service 2>&1) || {
	echo "$said"
	exit 1
}
# What it only warns about counts as well.
[ -z "$said" ] || { echo "$said"; exit 1; }
systemd-analyze security --offline=true --threshold=21 --no-pager "$unit"
