# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For sourcing: the files that the checks look at, named relative to the source root, to which
# sourcing this changes.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

# sources PATTERN...: of the repository's files (those to come too) the ones that match. root may
# look at a clone that another user made.
sources() {
	git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do
			[ ! -f "$file" ] || echo "$file"
		done
}

# A check without files to look at has found nothing out.
some_sources() {
	local found
	found=$(sources "$@")
	[ -n "$found" ] || { echo "no files match: $*" >&2; exit 1; }
	echo "$found"
}
