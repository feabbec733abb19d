#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# package.sh DIRECTORY: does the Debian package build, hold what it should, and do its scripts what
# counts and probes depend on? Has lintian something to say of it? DIRECTORY keeps the sources in
# the same place, so that the cache of the compiler knows them.
set -euo pipefail
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
for program in dh:debhelper lintian:lintian; do
	command -v "${program%:*}" >/dev/null || {
		echo "SKIP: ${program%:*} is not installed (Debian package ${program#*:})"
		exit 77
	}
done
status=0

complain() {
	echo "$*"
	status=1
}

# expect_script SCRIPT TEXT
expect_script() {
	dpkg-deb -I "$deb" "$1" | grep -qF "$2" || complain "its $1 lacks: $2"
}

mkdir -p "$1"
log=$(realpath "$1")/deb.log
# The symbols take a while and nobody looks at them here.
deb=$(DEB_BUILD_OPTIONS=noautodbgsym packaging/deb.sh "$1" 2>"$log") || {
	tail -n 60 "$log"
	exit 1
}
files=$(dpkg-deb -c "$deb" | awk '{ print $6 }')
# Links stand in the manual, the unit, the catalog and the alerts.
for file in etc/vfswatchd/conf.d/ usr/sbin/vfswatchd usr/bin/vfswatchctl \
	usr/lib/sysusers.d/vfswatchd.conf usr/lib/systemd/catalog/vfswatchd.catalog \
	usr/share/man/man8/vfswatchd.8.gz usr/share/man/man5/vfswatchd.yaml.5.gz \
	usr/share/man/man1/vfswatchctl.1.gz usr/share/doc/vfswatchd/README.md \
	usr/share/doc/vfswatchd/runbook.md usr/share/doc/vfswatchd/snippets.md \
	usr/share/doc/vfswatchd/examples/direct-bind.conf \
	usr/share/doc/vfswatchd/examples/secrets.yaml \
	usr/share/bash-completion/completions/vfswatchctl \
	usr/share/zsh/vendor-completions/_vfswatchctl \
	usr/share/vfswatchd/vfswatchd.schema.json usr/share/vfswatchd/grafana/overview.json \
	usr/share/vfswatchd/prometheus/alerts.yaml; do
	grep -qxF "./$file" <<<"$files" || complain "it lacks $file"
done
for unit in vfswatchd.service vfswatchd.socket; do
	grep -qx "\./\(usr/\)\?lib/systemd/system/$unit" <<<"$files" || complain "it lacks $unit"
done
conffiles=$(dpkg-deb -I "$deb" conffiles)
[ "$conffiles" = /etc/vfswatchd/vfswatchd.yaml ] || complain "its conffiles: $conffiles"
# A stop would end the counts that a restart goes on with.
! dpkg-deb -I "$deb" preinst >/dev/null 2>&1 || complain "it has a preinst"
expect_script postinst "try-restart 'vfswatchd.service'"
expect_script prerm 'deb-systemd-invoke stop vfswatchd.socket vfswatchd.service'
expect_script postrm 'rm -rf /run/vfswatchd /sys/fs/bpf/vfswatchd'
# Two builds in different places would not be the same.
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
dpkg-deb -x "$deb" "$root"
! grep -rlF "$PWD" "$root" || complain "these files name the place of the build"
lintian --allow-root -EviI --pedantic --fail-on error,warning "${deb%.deb}.changes" ||
	complain "lintian has something to say"
exit $status
