#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# configs.sh DAEMON: does the daemon take every configuration that the package ships?
set -euo pipefail
daemon=$(realpath "$1")
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A web config file is named by another, and its certificates are there.
check_web() {
	local name
	for name in vfswatchd clients; do
		openssl req -x509 -newkey ed25519 -nodes -subj /CN=example -days 1 \
			-keyout "$folder/$name.key" -out "$folder/$name.crt" 2>/dev/null
	done
	cp "$1" "$folder/web.yaml"
	printf 'web_config_file: web.yaml\ntargets: [{name: a}]\n' >"$folder/vfswatchd.yaml"
	"$daemon" --check-config --config "$folder/vfswatchd.yaml" >/dev/null
}

for file in $(some_sources 'config/*.yaml' 'config/examples/*.yaml'); do
	case $file in
	*/web-config.yaml) check_web "$file" ;;
	*) "$daemon" --check-config --config "$file" >/dev/null ;;
	esac
done
