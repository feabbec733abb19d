#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# cppcheck.sh BUILD: what cppcheck finds in the daemon's code.
set -euo pipefail
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
mkdir -p "$1/cppcheck"
files=$(some_sources 'daemon/*.cpp')
# shellcheck disable=SC2086  # no name has a space
cppcheck --quiet --error-exitcode=1 --std=c++20 --language=c++ -j 2 \
	--enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem \
	--suppress=internalAstError --cppcheck-build-dir="$1/cppcheck" -I daemon -I . $files
