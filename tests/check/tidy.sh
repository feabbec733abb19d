#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tidy.sh BUILD: what clang-tidy finds in the daemon's code, as .clang-tidy asks. BUILD has the
# compile commands and what the build generates.
set -euo pipefail
build=$(realpath "$1")
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
log=$build/clang-tidy.log
# clang does not know every warning of gcc's.
if ! run-clang-tidy -quiet -j 2 -p "$build" -extra-arg=-Wno-unknown-warning-option \
	"^$PWD/daemon/" >"$log" 2>&1; then
	sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '(error|warning): ' | sort -u
	exit 1
fi
