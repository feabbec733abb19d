#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Has shellcheck something to say about a script?
set -euo pipefail
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
scripts=$(for file in $(some_sources '*'); do
	read -r line <"$file" || true
	case $line in
	'#!'*/sh | '#!'*/bash | '# shellcheck shell='*) echo "$file" ;;
	esac
done 2>/dev/null)
[ -n "$scripts" ]
# shellcheck disable=SC2086  # no name has a space
shellcheck --external-sources $scripts
