#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does promtool take the rules, the alerts and the scrape configuration, and do their tests pass?
set -euo pipefail
command -v promtool >/dev/null || {
	echo "SKIP: promtool is not installed (Debian package prometheus)"
	exit 77
}
cd "$(dirname "$0")/../../packaging/prometheus"
promtool check rules rules.yaml alerts.yaml
# The files that it names are elsewhere here.
promtool check config --syntax-only scrape.yaml
promtool test rules tests/*.yaml
