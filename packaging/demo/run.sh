#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh DAEMON CONFIG ADDRESS: the demonstration on the machine it is started on: the daemon,
# and programs for it to watch. Ends with the first of the two, or when it is told to.
set -eu
daemon=$1 config=$2 address=$3
here=$(dirname "$0")

stop() {
	trap '' TERM INT
	# shellcheck disable=SC2086  # one word a process
	kill $pids 2>/dev/null || true
	wait
}

pids=
trap stop EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
"$daemon" --config "$config" --listen "$address" &
daemon_pid=$!
pids=$daemon_pid
"$here/work.sh" &
pids="$pids $!"
while kill -0 "$daemon_pid" 2>/dev/null; do
	sleep 1
done
wait "$daemon_pid"
