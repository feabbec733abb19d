#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs in the guest: `guest.sh SETUP...` measures one reader for each setup and prints lines
# `SETUP CASE INSTRUCTIONS`, and before them `SETUP trial exact`. Where the probes miss reads the
# trial is `inexact`; where they do not start it is `refused` and no figures follow.
# A setup is none, empty, bpftrace-bytes, bpftrace-both, filetop, or vfswatchd itself, with a target
# and the methods of its configuration: TARGET/ACCOUNTING/EXIT; TARGET@64 is 64 such targets.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=/run/cost
ready_limit_seconds=120
endpoint=127.0.0.1:9974
out=$work/prober.out
err=$work/prober.err
reader=
prober=

die() {
	echo "guest.sh: $1" >&2
	[ ! -s "$err" ] || cat "$err" >&2
	exit 1
}

# wait_for WHAT COMMAND...: until the command succeeds; false if the probes ended before.
wait_for() {
	what=$1
	shift
	tenths=0
	until "$@" 2>/dev/null; do
		tenths=$((tenths + 1))
		[ "$tenths" -gt $((ready_limit_seconds * 10)) ] && die "$what: not ready in time"
		[ -z "$prober" ] || kill -0 "$prober" 2>/dev/null || return 1
		sleep 0.1
	done
}

is_stopped() {
	grep -q '^State:[[:space:]]*T' "/proc/$1/status"
}

# target TARGET READER_PID: what of the reader's reads, all of regular files, the target wants.
target() {
	case $1 in
	other-pid) echo 'processes: {pids: [1]}' ;;
	other-type) echo 'paths: {include: ["/**"]}, file_types: [fifo]' ;;
	other-path) echo 'paths: {include: ["/var/**"]}' ;;
	path) echo "paths: {include: [\"$work/files/**\"]}" ;;
	pid) echo "processes: {pids: [$2]}" ;;
	pid-path) echo "processes: {pids: [$2]}, paths: {include: [\"$work/files/**\"]}" ;;
	other-comm) echo 'processes: {comms: [another]}' ;;
	other-uid) echo 'processes: {uids: [12345]}' ;;
	other-exe) echo 'processes: {exes: [/usr/bin/another]}' ;;
	other-cgroup) echo 'processes: {cgroups: [/another.slice/another.service]}' ;;
	comm) echo 'processes: {comms: [read_cost]}' ;;
	cgroup) echo 'processes: {cgroups: [/]}' ;;
	follow) echo "processes: {pids: [$$], follow_children: true}" ;;
	labels) echo "processes: {pids: [$2]}, labels: [comm, uid, cgroup]" ;;
	snippet-seldom) snippets 1/1000000 1/s ;;
	snippet-limited) snippets 1/1 1/h ;;
	snippet-each) snippets 1/1 1000000/s ;;
	other-snippet) echo "processes: {pids: [1]}, $(snippets 1/1 1000000/s)" ;;
	*) die "no such target: $1" ;;
	esac
}

# snippets SAMPLE RATE: a target that copies what the reader gets.
snippets() {
	echo "paths: {include: [\"$work/files/**\"]}, snippets: {sample: $1, rate: $2}"
}

# targets TARGET[@COUNT]: as the configuration lists them.
targets() {
	case $1 in *@*) count=${1#*@} ;; *) count=1 ;; esac
	for i in $(seq "$count"); do
		echo "  - {name: bench$i, $(target "${1%@*}" "$reader")}"
	done
}

# start_daemon TARGET ACCOUNTING EXIT
start_daemon() {
	printf 'limits: {max_series: 100000, snippets_per_second: 200}\nprobe: {accounting: %s, exit: %s}\ntargets:\n%s\n' \
		"$2" "$3" "$(targets "$1")" >"$work/config.yaml"
	vfswatchd --config "$work/config.yaml" --listen "$endpoint" >"$out" 2>"$err" &
	prober=$!
	wait_for "$1/$2/$3" grep -q 'metrics on' "$err"
}

start_empty() {
	"$here/attach_empty" "$here/empty_fexit.bpf.o" >"$out" 2>"$err" &
	prober=$!
	wait_for "the empty fexit" grep -q attached "$out"
}

# start_bpftrace BODY: at the end of each vfs_read.
start_bpftrace() {
	bpftrace -e "BEGIN { printf(\"attached\\n\"); } kretfunc:vfs_read $1" >"$out" 2>"$err" &
	prober=$!
	wait_for bpftrace grep -q attached "$out" || return 1
	# BEGIN may run before the other probe is attached.
	sleep 1
}

start_filetop() {
	filetop -C 600 >"$out" 2>"$err" &
	prober=$!
	# It attaches vfs_read first.
	wait_for filetop grep -q vfs_write /sys/kernel/debug/kprobes/list
}

# start_probes SETUP: until they are attached; false if the kernel refuses them.
start_probes() {
	file='args->file->f_inode->i_sb->s_dev, args->file->f_inode->i_ino'
	bytes="@bytes[$file] = sum(retval);"
	case $1 in
	none) ;;
	empty) start_empty ;;
	bpftrace-bytes) start_bpftrace "/retval > 0/ { $bytes }" ;;
	bpftrace-both) start_bpftrace "/retval > 0/ { $bytes @calls[$file] = count(); }" ;;
	filetop) start_filetop ;;
	*/*/*)
		methods=${1#*/}
		start_daemon "${1%%/*}" "${methods%/*}" "${methods#*/}"
		;;
	*) die "no such setup: $1" ;;
	esac
}

# The trampoline of a probe that was taken away goes an RCU grace period later.
stop_probes() {
	[ -n "$prober" ] || return 0
	kill "$prober" 2>/dev/null
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

# new_files_on_page COUNT
new_files_on_page() {
	page >"$work/page"
	[ "$(grep -c '^vfswatch_file_read_bytes_total{.*/files/new' "$work/page")" -eq "$1" ]
}

# A target that let nothing through by mistake would look cheap. The last file is on the page
# when the kernel has freed the reader.
check_counted() {
	case $1 in
	pid-path@64/*) wait_for "$1: new files on the page" new_files_on_page 64000 ;;
	path/* | pid/* | pid-path/* | comm/* | cgroup/* | follow/* | labels/* | snippet-*/*)
		wait_for "$1: new files on the page" new_files_on_page 1000
		;;
	*/*) wait_for "$1: no new files on the page" new_files_on_page 0 ;;
	esac
}

measure() {
	rm -rf "$work/files"
	: >"$out"
	: >"$err"
	"$here/read_cost" "$work/files" >"$work/result" &
	reader=$!
	wait_for "the reader" is_stopped "$reader" || die "the reader ended early"
	if start_probes "$1"; then
		grep -q 'although it may miss' "$err" && trial=inexact || trial=exact
		kill -CONT "$reader"
		wait "$reader" || die "$1: the reader failed"
		check_counted "$1" || die "$1: the probes ended early"
	else
		trial=refused
		sed "s|^|$1: |" "$err" >&2
		kill -KILL "$reader"
		wait "$reader" 2>/dev/null
	fi
	stop_probes
	sed "s|^|$1 |" - "$work/result" <<-end
		trial $trial
	end
}

mkdir -p "$work"
# noatime: else the first read after a write, or in its second, takes another way.
mount -t tmpfs -o mode=0700,noatime cost "$work" || die "cannot mount a tmpfs"
for setup in "$@"; do
	measure "$setup"
done
