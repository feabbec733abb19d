#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does every source file name its licence in its first three lines, bpf/ the GPL that the kernel
# asks of it, everything else the Apache licence?
set -euo pipefail
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
status=0

# check_licence FILE PATTERN
check_licence() {
	if ! head -n 3 "$1" | grep -qE "SPDX-License-Identifier: $2( \*/)?\$"; then
		echo "$1: no line 'SPDX-License-Identifier: $2' at its top"
		status=1
	fi
}

# Sources by their names, and whatever begins as a script does.
only_programs() {
	local file line
	while read -r file; do
		case $file in
		*.c | *.h | *.cpp | *.py | *.sh | *.service) echo "$file"; continue ;;
		esac
		read -r line <"$file" 2>/dev/null || true
		case $line in '#!'*) echo "$file" ;; esac
	done
}

while read -r file; do
	case $file in
	bpf/vfswatch_abi.h) check_licence "$file" 'GPL-2.0 OR Apache-2.0' ;;
	*.bpf.c | bpf/*.h) check_licence "$file" GPL-2.0 ;;
	*) check_licence "$file" Apache-2.0 ;;
	esac
done < <(some_sources '*' | only_programs)
for licence in LICENSE bpf/LICENSE; do
	[ -s "$licence" ] || { echo "$licence is missing"; status=1; }
done
exit $status
