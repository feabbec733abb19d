# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034  # its variables are for who sources it
# For sourcing: what deb.sh and rpm.sh both begin with. They package a commit, not what lies around
# in a working tree, and take the time of everything from it.
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")

fail() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# root may package a clone that another user made.
of_git() {
	git -C "$root" -c safe.directory="$root" "$@"
}

# Sets `version` and `directory` from the command line.
read_arguments() {
	project_version=$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
	version=$project_version
	if [ "${1-}" = --version ] && [ $# -ge 2 ]; then
		version=$2
		shift 2
	fi
	if [ $# -ne 1 ] || [[ $1 == -* ]]; then
		sed -n '3,/^[^#]/s/^# //p' "$0" >&2
		exit 64
	fi
	mkdir -p "$1"
	directory=$(realpath "$1")
	SOURCE_DATE_EPOCH=$(of_git log -1 --format=%ct)
	export SOURCE_DATE_EPOCH
	# debhelper gives what it runs another HOME.
	if [ -n "${CMAKE_CXX_COMPILER_LAUNCHER-}" ]; then
		CCACHE_DIR=$(ccache --get-config cache_dir)
		export CCACHE_DIR
	fi
	[ -z "$(of_git status --porcelain --untracked-files=no)" ] ||
		echo "$(basename "$0"): packages the commit, without the changes since" >&2
}

# unpack_commit FOLDER: its sources, as a released archive has them.
unpack_commit() {
	rm -rf "$1"
	mkdir "$1"
	of_git archive HEAD | tar -x --no-same-owner -C "$1"
}
