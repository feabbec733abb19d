#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Words that mean unfinished work, and traces of one machine: none may be in the tree. In the
# patterns here one letter stands in brackets, or this file would find itself.
set -euo pipefail
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
unfinished='\b(T[O]DO|F[I]XME|X[X]X|H[A]CK|W[I]P)\b|not i[m]plemented'
places='(^|[^[:alnum:]])/(h[o]me|r[o]ot/\.|t[m]p/[a-z0-9_-]+|w[o]rk)/[[:alnum:]]'
hosts='\b(d[e]b|a[r]chive|m[i]rror|r[e]gistry|s[e]curity)\.[a-z]+\.(org|com|net)\b'
status=0
while read -r file; do
	# The licences are not ours to word.
	case $file in */LICENSE | LICENSE) continue ;; esac
	if grep -HnIE "$unfinished|$places|$hosts" "$file"; then
		status=1
	fi
done < <(some_sources '*')
exit $status
