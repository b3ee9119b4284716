"""Writes a document whose bodies have trees that end, for schemathesis: bounded.py DOCUMENT OUT

It builds the tree of a body and sends requests for each place in it. An assistant has tools that have assistants, so the tree of some
bodies has no end. Of those, a property with a large tree keeps one value, that of the body's example, and is left out if the example has
none. What is left is tested like the others, and a request is still judged by the whole document.
"""

import json
import sys

# Schemas in the tree of a body, or of a property of a larger one.
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


class Document:
    def __init__(self, document):
        self.schemas = document["components"]["schemas"]
        self.below = {name: list(references(schema)) for name, schema in self.schemas.items()}

    def is_bounded(self, node):
        left, count = list(references(node)), 0
        while left and count <= LIMIT:
            name = left.pop()
            count += 1
            left.extend(self.below[name])
        return count <= LIMIT

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].removeprefix(PREFIX)]
        return schema

    def cut(self, schema, example):
        """Returns a schema whose tree ends, or None if it needs what is left out."""
        if self.is_bounded(schema):
            return schema
        schema = self.resolve(schema)
        for union in ("oneOf", "anyOf"):
            if union in schema:
                branches = [self.cut(branch, example) for branch in schema[union]]
                return {"anyOf": [branch for branch in branches if branch is not None]}
        if "allOf" in schema:
            return None
        cut = {name: value for name, value in schema.items() if name != "discriminator"}
        cut["properties"] = {}
        for name, value in schema.get("properties", {}).items():
            if self.is_bounded(value):
                cut["properties"][name] = value
            elif isinstance(example, dict) and name in example:
                cut["properties"][name] = {"enum": [example[name]]}
        return cut if set(cut.get("required", [])) <= set(cut["properties"]) else None


def main(source, out):
    with open(source) as file:
        document = json.load(file)
    read = Document(document)
    count = 0
    for path in document["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            for media in content.values():
                if not read.is_bounded(media.get("schema", {})):
                    count += 1
                    media["schema"] = read.cut(media["schema"], media.get("example"))
    with open(out, "w") as file:
        json.dump(document, file)
    print(f"{count} bodies are cut", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
