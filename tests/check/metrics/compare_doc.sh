#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compare_doc.sh GENERATOR PAGE: is the committed page what the catalogue says?
set -u
if ! "$1" | diff -u "$2" -; then
	echo "$2 is not what the catalogue says: build the target metrics_doc and commit it" >&2
	exit 1
fi
