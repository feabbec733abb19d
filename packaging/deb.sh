#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# deb.sh [--version VERSION] DIRECTORY: makes the Debian package of the commit that is checked out,
# in DIRECTORY, and prints its name. A commit gives the same bytes wherever and whenever it is built.
# --version: another than that of debian/changelog, such as 0.1.0+1 for a build that shall replace
# 0.1.0.
set -euo pipefail
umask 022
# shellcheck source=packaging/archive.sh
. "$(dirname "$0")/archive.sh"

read_arguments "$@"
unpack_commit "$directory/vfswatchd"
cd "$directory/vfswatchd"
mv packaging/debian debian
changelog=$(dpkg-parsechangelog -S Version)
if [ "$changelog" != "$project_version" ]; then
	fail "debian/changelog has version $changelog, CMakeLists.txt $project_version"
fi
if [ "$version" != "$changelog" ]; then
	{
		printf 'vfswatchd (%s) unstable; urgency=medium\n\n  * Another build of %s.\n\n' \
			"$version" "$changelog"
		printf ' -- %s  %s\n\n' "$(dpkg-parsechangelog -S Maintainer)" \
			"$(date -uRd "@$SOURCE_DATE_EPOCH")"
		cat debian/changelog
	} >debian/changelog.new
	mv debian/changelog.new debian/changelog
fi
dpkg-buildpackage -us -uc -b >&2
echo "$directory/vfswatchd_${version}_$(dpkg --print-architecture).deb"
