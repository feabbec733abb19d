#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs in the guest: `guest.sh SETUP...` measures one reader for each setup and prints lines
# `SETUP CASE INSTRUCTIONS`. A setup is none, empty, bpftrace-bytes, bpftrace-both, or
# FILTER/PROBES with
#   FILTER  other-pid, other-path, path, pid-path
#   PROBES  accounting (without the exit probe), daemon (vfswatchd itself, with it)
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=/run/cost
ready_limit_seconds=120
endpoint=127.0.0.1:9974
reader=
prober=

die() {
	echo "guest.sh: $1" >&2
	for log in "$work"/prober.out "$work"/prober.err; do
		[ -s "$log" ] && sed "s|^|${log##*/}: |" "$log" >&2
	done
	exit 1
}

# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
	what=$1
	shift
	tenths=0
	until "$@" 2>/dev/null; do
		tenths=$((tenths + 1))
		[ "$tenths" -gt $((ready_limit_seconds * 10)) ] && die "$what: not ready in time"
		[ -z "$prober" ] || kill -0 "$prober" 2>/dev/null || die "$what: the probes ended early"
		sleep 0.1
	done
}

is_stopped() {
	grep -q '^State:[[:space:]]*T' "/proc/$1/status"
}

# write_config FILTER READER_PID
write_config() {
	case $1 in
	other-pid) selectors="processes: {pids: [1]}" ;;
	other-path) selectors="paths: {include: [/var/**]}" ;;
	path) selectors="paths: {include: [$work/files/**]}" ;;
	pid-path) selectors="processes: {pids: [$2]}, paths: {include: [$work/files/**]}" ;;
	*) die "no such filter: $1" ;;
	esac
	printf 'targets:\n  - {name: bench, %s}\n' "$selectors" >"$work/config.yaml"
}

# What a user would write: bytes of each file, and its calls as well.
bpftrace_body() {
	file='args->file->f_inode->i_sb->s_dev, args->file->f_inode->i_ino'
	case $1 in
	bpftrace-bytes) echo "@bytes[$file] = sum(retval);" ;;
	bpftrace-both) echo "@bytes[$file] = sum(retval); @calls[$file] = count();" ;;
	*) die "no such setup: $1" ;;
	esac
}

# start_probes SETUP: starts what is to be measured and waits until it is attached.
start_probes() {
	out=$work/prober.out err=$work/prober.err
	: >"$out"
	: >"$err"
	case $1 in
	none) return ;;
	empty) "$here/attach_probes" empty "$here/empty_fexit.bpf.o" >"$out" 2>"$err" & ;;
	bpftrace-*)
		bpftrace -e "BEGIN { printf(\"attached\\n\"); }
			kretfunc:vfs_read /retval > 0/ { $(bpftrace_body "$1") }" >"$out" 2>"$err" &
		;;
	*/accounting) "$here/attach_probes" accounting "$work/config.yaml" >"$out" 2>"$err" & ;;
	*/daemon)
		vfswatchd --config "$work/config.yaml" --listen "$endpoint" >"$out" 2>"$err" &
		;;
	*) die "no such setup: $1" ;;
	esac
	prober=$!
	case $1 in
	*/daemon) wait_for "$1" grep -q 'metrics on' "$err" ;;
	*) wait_for "$1" grep -q attached "$out" ;;
	esac
}

# The trampoline of a probe that was taken away goes an RCU grace period later.
stop_probes() {
	[ -n "$prober" ] || return
	kill "$prober"
	wait "$prober" 2>/dev/null
	prober=
	sleep 1
}

page() {
	if command -v curl >/dev/null; then
		curl -s "http://$endpoint/metrics"
	else
		wget -q -O - "http://$endpoint/metrics"
	fi
}

new_files_on_page() {
	page >"$work/page" && grep -c '^vfswatch_file_read_bytes_total{.*/files/new' "$work/page"
}

# A filter that let nothing through by mistake would look cheap. The last file is on the page
# when the kernel has freed the reader.
check_counted() {
	case $1 in
	path/daemon | pid-path/daemon) expected=1000 ;;
	*/daemon) expected=0 ;;
	*) return ;;
	esac
	tenths=0
	until [ "$(new_files_on_page)" -eq "$expected" ]; do
		tenths=$((tenths + 1))
		[ "$tenths" -gt 100 ] && die "$1: $expected new files are not on the page"
		sleep 0.1
	done
}

measure() {
	rm -rf "$work/files"
	"$here/read_cost" "$work/files" >"$work/result" &
	reader=$!
	wait_for "the reader" is_stopped "$reader"
	case $1 in
	*/*) write_config "${1%/*}" "$reader" ;;
	esac
	start_probes "$1"
	kill -CONT "$reader"
	wait "$reader" || die "$1: the reader failed"
	check_counted "$1"
	stop_probes
	sed "s|^|$1 |" "$work/result"
}

mkdir -p "$work"
mount -t tmpfs -o mode=0700 cost "$work" || die "cannot mount a tmpfs"
for setup in "$@"; do
	measure "$setup"
done
