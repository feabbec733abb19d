#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kubernetes.sh [--fetch] FOLDER [DAEMON]: do the manifests have the types that Kubernetes and the
# Prometheus operator publish, and does the daemon take the configuration in them? --fetch gets the
# types and the compiler, which are npm packages, to FOLDER; without it they must be there.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
packages=(kubernetes-types@1.30.0 @kubernetes-models/prometheus-operator@6.0.0 typescript@5.9.3)

if [ "$1" = --fetch ]; then
	mkdir -p "$2"
	exec npm install --prefix "$2" --no-save --ignore-scripts --no-audit --no-fund "${packages[@]}"
fi
folder=$1
if ! command -v node >/dev/null || [ ! -x "$folder/node_modules/.bin/tsc" ]; then
	echo "SKIP: no types of Kubernetes (with node and npm): $0 --fetch $folder"
	exit 77
fi
cp "$here/kubernetes_types.ts" "$folder/types.ts"
"$here/kubernetes.py" "$here/../../packaging/kubernetes" "$folder" >"$folder/manifests.ts"
"$folder/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck --target es2022 \
	--module nodenext --moduleResolution nodenext "$folder/manifests.ts"
"$2" --check-config --config "$folder/vfswatchd.yaml" >/dev/null
echo "$(grep -c '^export' "$folder/manifests.ts") manifests"
