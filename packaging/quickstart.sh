#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# quickstart.sh [--seconds N]: builds vfswatchd and shows it at work: on this machine where its
# kernel allows that, else in a guest with a Debian kernel of its own. Ctrl-C ends it.
# shellcheck disable=SC2317  # step calls functions by name
set -u
cd "$(dirname "$0")/.." || exit 1
build=${VFSWATCHD_BUILD:-build/release}
port=9974
url=http://127.0.0.1:$port
seconds=
demo_pid=
top_pid=

usage() {
	echo "Usage: sudo ./packaging/quickstart.sh [--seconds N]"
	echo "Builds vfswatchd, lets ordinary programs read files, and shows what they read."
	echo "--seconds N  end by itself, N seconds after the daemon is ready"
}

read_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--seconds) [ $# -ge 2 ] || { usage >&2; exit 64; }; seconds=$2; shift ;;
		--seconds=*) seconds=${1#*=} ;;
		--help) usage; exit 0 ;;
		*) usage >&2; exit 64 ;;
		esac
		shift || break
		case $seconds in
		'' | *[!0-9]* | 0*) usage >&2; exit 64 ;;
		esac
	done
}

clean_up() {
	trap '' INT TERM HUP
	stop_step
	[ -z "$top_pid" ] || kill "$top_pid" 2>/dev/null
	if [ -n "$demo_pid" ]; then
		kill -TERM -- "-$demo_pid" 2>/dev/null
		wait "$demo_pid" 2>/dev/null
	fi
	rm -rf "$work"
}

fail() {
	echo "quickstart: $*" >&2
	exit 1
}

port_is_free() {
	python3 -c "import socket; s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', $port))" 2>/dev/null
}

# A tree that tests/run.sh has set up builds the tests too; here they are not needed.
build_programs() {
	[ -f "$build/CMakeCache.txt" ] || cmake --preset release -B "$build" -DBUILD_TESTING=OFF || return
	cmake --build "$build" --target vfswatchd vfswatchctl
}

start_here() {
	start_group packaging/demo/run.sh "$build/daemon/vfswatchd" config/examples/demo.yaml \
		127.0.0.1:$port >"$work/demo.log" 2>&1
}

# The guest ends when this script does: its own limit is only a last resort.
start_in_guest() {
	start_group tests/vm/vm run --timeout $((7 * 24 * 3600)) --forward $port:$port \
		--copy packaging/demo:/opt/demo --copy config/examples/demo.yaml:/opt/demo.yaml -- \
		/opt/demo/run.sh /usr/sbin/vfswatchd /opt/demo.yaml 0.0.0.0:$port >"$work/demo.log" 2>&1
}

# Returns when the endpoint is ready, or the demonstration is no more.
wait_until_ready() {
	until packaging/demo/top.py --url $url --wait-ready 1; do
		kill -0 "$demo_pid" 2>/dev/null || return 1
	done
}

choose_place() {
	if "$build/daemon/vfswatchctl" doctor >"$work/doctor" 2>&1; then
		echo "This machine's kernel allows it: the demonstration runs right here."
		place=here
		return
	fi
	echo "This machine's kernel does not allow it ($build/daemon/vfswatchctl doctor says why):"
	grep -v '^ok' "$work/doctor" | sed 's/^/    /'
	echo "The demonstration runs in a guest with a Debian 6.1 kernel, under QEMU."
	place=in_guest
	step "Installing what the guest needs" packaging/install-deps.sh guest || exit 1
	step "Fetching and making the guest (once)" tests/vm/vm prepare --kernel 6.1 || exit 1
}

read_arguments "$@"
[ "$(id -u)" -eq 0 ] || { echo "quickstart: run it as root: sudo $0" >&2; exit 77; }
work=$(mktemp -d)
STEP_LOG=$work/step.log
# shellcheck source=packaging/steps.sh
. packaging/steps.sh
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
step "Installing what the build needs" packaging/install-deps.sh build demo || exit 1
port_is_free || fail "port $port of 127.0.0.1 is in use: stop what listens there (ss -ltnp)"
step "Building" build_programs || exit 1
choose_place
start_$place
demo_pid=$!
step "Starting the daemon and the programs that read" wait_until_ready || {
	cat "$work/demo.log" >&2
	fail "the demonstration did not start"
}
note="Endpoint: $url/metrics"
[ -n "$seconds" ] || note="$note    Stop: Ctrl-C"
echo "$note"
packaging/demo/top.py --url $url --note "$note" ${seconds:+--seconds "$seconds"} </dev/null &
top_pid=$!
wait "$top_pid"
