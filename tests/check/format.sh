#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is the C++ formatted as .clang-format says? bpf/ is in the kernel's style, which clang-format
# can only roughly make, and is left to its readers.
set -euo pipefail
# shellcheck source=tests/check/files.sh
. "$(dirname "$0")/files.sh"
files=$(some_sources 'daemon/*.cpp' 'daemon/*.h' 'tests/*.cpp' 'tests/*.h')
# shellcheck disable=SC2086  # no name has a space
clang-format --dry-run -Werror $files
