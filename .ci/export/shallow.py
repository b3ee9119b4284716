"""Cuts a document so that generators of data come to an end: shallow.py DOCUMENT OUT

An assistant has tools that have assistants: as a tree, the body of `POST /assistant` has no end, and generators build such a tree. Each
reference in a body is followed DEPTH times here. Behind that, what has a small tree stays, an optional property with a larger one is
left out, and so is a branch of a union. Whatever the cut body accepts, the whole one accepts too.
"""

import copy
import json
import sys

DEPTH = 2
# Nodes of a tree that stays as it is, wherever it is.
SMALL = 12
PREFIX = "#/components/schemas/"


class Cutter:
    def __init__(self, document):
        self.schemas = document["components"]["schemas"]
        self.sizes = {}

    def size(self, name, within=()):
        """The number of schemas in the tree of a schema; without end if it contains itself."""
        if name in within:
            return float("inf")
        if name not in self.sizes:
            size = 1 + sum(self.size(inner, (*within, name)) for inner in references(self.schemas[name]))
            if size == float("inf") and within:
                return size
            self.sizes[name] = size
        return self.sizes[name]

    def cut(self, schema, depth, within=()):
        """Returns the schema without what is too deep; `None` if nothing is left."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(PREFIX)
            if self.size(name) <= SMALL:
                return schema
            if depth == 0 or name in within:
                return None
            return self.cut(self.schemas[name], depth - 1, (*within, name))
        schema = dict(schema)
        for key in ("oneOf", "anyOf"):
            if key in schema:
                branches = [self.cut(branch, depth, within) for branch in schema[key]]
                schema[key] = [branch for branch in branches if branch is not None]
                # The mapping names schemas that are written out here.
                schema.pop("discriminator", None)
                if not schema[key]:
                    return None
        if "allOf" in schema:
            schema["allOf"] = [self.cut(part, depth, within) for part in schema["allOf"]]
            if None in schema["allOf"]:
                return None
        if "items" in schema:
            schema["items"] = self.cut(schema["items"], depth, within)
            if schema["items"] is None:
                return None
        if isinstance(schema.get("additionalProperties"), dict):
            schema["additionalProperties"] = self.cut(schema["additionalProperties"], depth, within)
            if schema["additionalProperties"] is None:
                return None
        if "properties" in schema:
            properties = {name: self.cut(value, depth, within) for name, value in schema["properties"].items()}
            if any(properties.get(name, True) is None for name in schema.get("required", [])):
                return None
            schema["properties"] = {name: value for name, value in properties.items() if value is not None}
        # It may have what is cut.
        schema.pop("example", None)
        return schema


def references(node):
    if isinstance(node, dict):
        if str(node.get("$ref", "")).startswith(PREFIX):
            yield node["$ref"].removeprefix(PREFIX)
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def main(document, out):
    with open(document) as file:
        document = json.load(file)
    cutter = Cutter(document)
    cut = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            for media in content.values():
                if any(cutter.size(name) > 200 for name in references(media["schema"])):
                    body = cutter.cut(copy.deepcopy(media["schema"]), DEPTH)
                    if body is None:
                        sys.exit(f"error: nothing is left of the body of {operation['operationId']}")
                    media["schema"] = body
                    # They may have what is cut.
                    media.pop("example", None)
                    media.pop("examples", None)
                    cut += 1
    with open(out, "w") as file:
        json.dump(document, file)
    print(f"{cut} bodies are cut")


if __name__ == "__main__":
    main(*sys.argv[1:])
