#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kubernetes.py MANIFESTS FOLDER: prints the manifests as TypeScript, for a compiler to look at, and
writes the daemon's configuration in them to FOLDER/vfswatchd.yaml."""
import json
import pathlib
import sys

import yaml

CONFIG = "vfswatchd.yaml"


def main(manifests, folder):
    print('import type { Checked } from "./types";')
    number = 0
    for file in sorted(pathlib.Path(manifests).glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            number += 1
            print(f"export const manifest{number}: Checked = {json.dumps(document, indent=1)};")
            if document["kind"] == "ConfigMap":
                (pathlib.Path(folder) / CONFIG).write_text(document["data"][CONFIG])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
