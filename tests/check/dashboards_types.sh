#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# dashboards_types.sh [--fetch] FOLDER: do the dashboards have the types that Grafana's schema says?
# --fetch gets the schema and the compiler, which are npm packages, to FOLDER; without it they must
# be there.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
packages=(@grafana/schema@13.2.3 typescript@5.9.3)

if [ "$1" = --fetch ]; then
	mkdir -p "$2"
	exec npm install --prefix "$2" --no-save --ignore-scripts --no-audit --no-fund "${packages[@]}"
fi
folder=$1
if ! command -v node >/dev/null || [ ! -x "$folder/node_modules/.bin/tsc" ]; then
	echo "SKIP: no schema of Grafana's (with node and npm): $0 --fetch $folder"
	exit 77
fi
cp "$here/dashboards_types.ts" "$folder/types.ts"
sources=()
for file in "$here"/../../packaging/grafana/*.json; do
	source=$folder/$(basename "$file" .json).ts
	{
		echo 'import type { Checked } from "./types";'
		echo 'export const dashboard: Checked ='
		cat "$file"
	} >"$source"
	sources+=("$source")
done
"$folder/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck --target es2022 \
	--module nodenext --moduleResolution nodenext "${sources[@]}"
echo "${#sources[@]} dashboards"
