# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For sourcing: `step WHAT COMMAND...` runs a command quietly, shows that it is at work and for
# how long, and shows what it said if it fails. Whoever sources this sets STEP_LOG, a file, and
# calls stop_step when it is interrupted.

step_pid=

# A job of its own process group: a key stroke must not end it before its starter has decided.
start_group() {
	set -m
	"$@" </dev/null &
	set +m
}

stop_step() {
	[ -n "$step_pid" ] || return 0
	kill -TERM -- "-$step_pid" 2>/dev/null
	wait "$step_pid" 2>/dev/null
	step_pid=
}

# show_wait WHAT SECONDS: on a terminal each second, elsewhere a line every 15 s.
show_wait() {
	if [ -t 1 ]; then
		printf '\r\033[K%s ... %d s' "$1" "$2"
	elif [ "$2" -ge "$next_line" ]; then
		next_line=$(($2 + 15))
		printf '%s ... %d s\n' "$1" "$2"
	fi
}

# show_end WHAT HOW
show_end() {
	if [ -t 1 ]; then
		printf '\r\033[K'
	fi
	printf '%s: %s\n' "$1" "$2"
}

step() {
	local what=$1 started=$SECONDS status tenths=0 next_line=15
	shift
	start_group "$@" >>"$STEP_LOG" 2>&1
	step_pid=$!
	while kill -0 "$step_pid" 2>/dev/null; do
		[ $((tenths % 10)) -ne 0 ] || show_wait "$what" $((SECONDS - started))
		sleep 0.1
		tenths=$((tenths + 1))
	done
	wait "$step_pid"
	status=$?
	step_pid=
	if [ "$status" -eq 0 ]; then
		show_end "$what" "done in $((SECONDS - started)) s"
	else
		show_end "$what" "failed (status $status)"
		tail -n 60 "$STEP_LOG" >&2
	fi
	return "$status"
}
