#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# promtool.sh PROGRAM: does promtool accept the page that the program prints, without a word?
set -eu
if ! command -v promtool >/dev/null; then
	echo "SKIP: promtool is not installed (Debian package prometheus)"
	exit 77
fi
page=$(mktemp)
trap 'rm -f "$page"' EXIT
"$1" >"$page"
grep -q '^vfswatch_file_read_eofs_total{' "$page" || { echo "the page lacks its series"; exit 1; }
said=$(promtool check metrics <"$page" 2>&1) || { echo "$said"; exit 1; }
[ -z "$said" ] || { echo "$said"; exit 1; }
