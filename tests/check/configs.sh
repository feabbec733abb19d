#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# configs.sh DAEMON: does the daemon take every configuration that the package ships?
set -euo pipefail
daemon=$(realpath "$1")
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
for file in $(some_sources 'config/*.yaml' 'config/examples/*.yaml'); do
	"$daemon" --check-config --config "$file" >/dev/null
done
