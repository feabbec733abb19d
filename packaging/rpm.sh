#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rpm.sh [--version VERSION] DIRECTORY: makes the RPM package of the commit that is checked out, in
# DIRECTORY, and prints its name; also on Debian (package rpm), where what it needs for that is not
# looked for in rpm's own database. A commit gives the same bytes wherever and whenever it is built.
set -euo pipefail
umask 022
# shellcheck source=packaging/archive.sh
. "$(dirname "$0")/archive.sh"

read_arguments "$@"
top=$directory/rpmbuild
rm -rf "$top"
mkdir -p "$top/SOURCES"
of_git archive --prefix="vfswatchd-$version/" HEAD >"$top/SOURCES/vfswatchd-$version.tar"
unchecked=()
[ ! -e /etc/debian_version ] || unchecked=(--nodeps)
rpmbuild -bb "${unchecked[@]}" --define "_topdir $top" --define "_rpmdir $directory" \
	--define "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" \
	--define "version_ $version" "$root/packaging/rpm/vfswatchd.spec" >&2
echo "$directory/vfswatchd-$version-1.$(rpm --eval '%{_target_cpu}').rpm"
