"""Prints a pattern of the operations that schemathesis tests in a minute: bounded.py DOCUMENT

It builds the tree of a body and sends requests for each place in it. An assistant has tools that have assistants, so the tree of some
bodies has no end.
"""

import json
import sys

# Schemas in the tree of a body.
LIMIT = 8
PREFIX = "#/components/schemas/"


def references(node):
    if isinstance(node, dict):
        if str(node.get("$ref", "")).startswith(PREFIX):
            yield node["$ref"].removeprefix(PREFIX)
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def is_bounded(below, body):
    left, count = list(references(body)), 0
    while left and count <= LIMIT:
        name = left.pop()
        count += 1
        left.extend(below[name])
    return count <= LIMIT


def main(document):
    with open(document) as file:
        document = json.load(file)
    below = {name: list(references(schema)) for name, schema in document["components"]["schemas"].items()}
    operations = [
        operation
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    tested = [one["operationId"] for one in operations if is_bounded(below, one.get("requestBody"))]
    print(f"{len(tested)} of {len(operations)} operations", file=sys.stderr)
    print(f"^({'|'.join(tested)})$")


if __name__ == "__main__":
    main(*sys.argv[1:])
