#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ctl.sh VFSWATCHCTL: does vfswatchctl help where it is asked to, and otherwise refuse what it does
# not know with status 64 and its name?
set -u
ctl=$(realpath "$1")
status=0

# expect STATUS STREAM WORD ARGUMENT...: it ends so, and only this stream says something, the word
# among it.
expect() {
	local wanted=$1 stream=$2 word=$3 got out err
	shift 3
	out=$("$ctl" "$@" 2>"$errors")
	got=$?
	err=$(<"$errors")
	[ "$stream" = stdout ] || { local both=$out; out=$err; err=$both; }
	if [ "$got" -ne "$wanted" ] || [ -n "$err" ] || [[ $out != *"$word"* ]]; then
		printf 'vfswatchctl %s: status %s, %s: %s%s\n' "$*" "$got" "$stream" "$out" "$err"
		status=1
	fi
}

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
expect 0 stdout 'Usage: vfswatchctl COMMAND' --help
expect 0 stdout 'vfswatchctl 0.' --version
expect 64 stderr 'expected a command'
expect 64 stderr 'unknown command or option nonsense' nonsense
expect 64 stderr 'unknown command or option --nonsense' --nonsense
for command in $("$ctl" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
	expect 0 stdout "Usage: vfswatchctl $command " "$command" --help
	expect 64 stderr 'option --nonsense; see vfswatchctl '"$command" "$command" --nonsense
	expect 64 stderr 'found the argument' "$command" nonsense
done
expect 0 stdout --follow snippets --help
expect 64 stderr '--lines: found ' snippets -n many
expect 64 stderr '-t needs an argument' snippets -t
expect 0 stdout --socket reload --help
expect 64 stderr '--socket: found an empty name' reload --socket ''
expect 69 stderr 'vfswatchd does not run there: systemctl start vfswatchd' reload --socket "$errors.no"
expect 69 stderr 'vfswatchd does not run there' reload --socket "$errors"
expect 69 stderr 'is too long for a socket' reload --socket "$(printf '%0200d' 0)"
expect 0 stdout --password-file top --help
expect 64 stderr 'expected seconds, 0.5 to 60' top -i 0.4
expect 64 stderr 'expected http:' top --url localhost
expect 69 stderr 'no endpoint is there: systemctl start vfswatchd' top --url "unix:$errors.no"
expect 0 stdout 'a stopped daemon left' unpin --help
exit $status
