#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""schema.py ROOT: does the schema take the configurations that are shipped, and what it says itself?

Its defaults and examples fit the keys that they stand at, and each value that an editor could not
guess has one of them, or a list of words."""
import json
import pathlib
import sys

try:
    import jsonschema
    import yaml
except ImportError as error:
    print(f"SKIP: there is no Python module {error.name} (Debian packages python3-jsonschema, "
          "python3-yaml)")
    sys.exit(77)

# Not of this schema: the web configuration is a format of Prometheus's.
OTHER_FORMATS = {"web-config.yaml"}


def main(arguments):
    root = pathlib.Path(arguments[0])
    schema = json.loads((root / "config/vfswatchd.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    files = [file for file in sorted([*(root / "config").glob("*.yaml"),
                                      *(root / "config/examples").glob("*.yaml")])
             if file.name not in OTHER_FORMATS]
    faults = [fault for file in files for fault in refused(schema, file)]
    faults += [fault for path, node in keys(schema) for fault in faults_of_key(path, node)]
    if faults:
        print("\n".join(faults))
    return 1 if faults or not files else 0


def refused(schema, file):
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    for error in jsonschema.Draft7Validator(schema).iter_errors(config):
        place = ".".join(map(str, error.absolute_path))
        yield f"{file}: {place}: {error.message}"


def keys(node, path=""):
    """(path, node) of every key below."""
    for name, child in node.get("properties", {}).items():
        yield path + name, child
        yield from keys(child, f"{path}{name}.")
        yield from keys(child.get("items", {}), f"{path}{name}[].")


def faults_of_key(path, node):
    shown = [*node.get("examples", []), *([node["default"]] if "default" in node else [])]
    for value in shown:
        for error in jsonschema.Draft7Validator(node).iter_errors(value):
            yield f"{path}: its own example {value!r}: {error.message}"
    if not node.get("description"):
        yield f"{path} has no description"
    if not shown and "enum" not in node and node.get("type") not in ("object", "boolean"):
        yield f"{path} has no default, no examples and no words"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
