"""Hooks of schemathesis: the differences between the export and the emulator that are known, each with its reason.

A failure that no rule here explains fails the run.
"""

import json
import os
import re
import tomllib
from pathlib import Path

import jsonschema_rs
import schemathesis
from schemathesis.core import NotSet


def listed(value):
    return value if isinstance(value, list) else [value]


# The whole document: that of the run has only parts of some bodies.
DOCUMENT = json.loads(Path(os.environ["DOCUMENT"]).read_text())

# Properties for which the API takes more than the document says, by spec/corrections.toml, which has the evidence for each.
ACCEPTED = {
    (schema, name)
    for one in tomllib.loads(Path(os.environ["CORRECTIONS"]).read_text())["accepted"]
    for schema in listed(one.get("schema", []))
    for name in listed(one.get("property", []))
}

# Sentences of requests that the schema allows and the API refuses: a pattern, and the reason.
REFUSED = [
    (r"must be a valid IANA time-zone", "The document has any text."),
    (r"timeRange(Override)?\.(start|end) must be a string", "Times are texts; the document says no type that tools agree on."),
    (r"body must be an object", "The document says nothing of the bodies of provider resources."),
    (r"must be a UUID", "An id is a UUID; the document has any text in most places."),
    (r"must be a valid phone number in the E\.164 format", "The document has any text."),
    (r"Couldn't Get (Assistant|Phone Number)", "One of several properties is needed, which the document does not say."),
    (r"must be a valid ISO 8601 date-time string or relative time string", "The document has an object, and means a text."),
    (r"formula (names no query|is not a valid mathematical expression)", "The document has any text."),
    (r"callIds must contain", "The number of calls depends on another property."),
    (r"has not ended", "Suggestions need results."),
    (r"type must be one of the following values: [\w.-]+\"", "An update cannot make a resource another variant of its union."),
]

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def strip(value):
    """Leaves out what is null."""
    if isinstance(value, dict):
        return {name: strip(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [strip(inner) for inner in value]
    return value


def relax(schema):
    """Lets maps have any values."""
    if isinstance(schema, dict):
        relaxed = {name: relax(inner) for name, inner in schema.items()}
        if isinstance(schema.get("additionalProperties"), dict):
            relaxed["additionalProperties"] = True
        return relaxed
    if isinstance(schema, list):
        return [relax(inner) for inner in schema]
    return schema


def has_odd_id(value):
    """Returns whether a property that names another resource is no UUID."""
    if isinstance(value, list):
        return any(has_odd_id(inner) for inner in value)
    if not isinstance(value, dict):
        return False
    ids = (inner for name, inner in value.items() if name.endswith("Id") and isinstance(inner, str))
    return any(not UUID.fullmatch(one) for one in ids) or any(has_odd_id(inner) for inner in value.values())


def beyond(schemas):
    """Lets properties have what the API takes beyond the document."""
    for schema, name in ACCEPTED:
        properties = schemas.get(schema, {}).get("properties", {})
        if name in properties:
            properties[name] = {}
    return schemas


AS_DOCUMENTED = relax(DOCUMENT["components"]["schemas"])
AS_TAKEN = beyond(relax(DOCUMENT["components"]["schemas"]))
validators = {}


def body_schema(case):
    method, path = case.operation.label.split(" ", 1)
    content = DOCUMENT["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
    return next((media["schema"] for media in content.values() if "schema" in media), True)


def is_valid(case, body, schemas):
    key = (case.operation.label, schemas is AS_TAKEN)
    if key not in validators:
        schema = body_schema(case)
        document = {**relax(schema), "components": {"schemas": schemas}} if isinstance(schema, dict) else True
        validators[key] = jsonschema_rs.Draft4Validator(document, validate_formats=False)
    return validators[key].is_valid(strip(body))


def tags(case):
    """Returns the values of the property that tells the variants of a body apart."""
    schema = body_schema(case)
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    discriminator = schema.get("discriminator", {})
    return [{discriminator["propertyName"]: value} for value in discriminator.get("mapping", {})]


def is_taken(case, schemas=AS_TAKEN):
    """Returns whether the API takes a body though the schema does not.

    It takes null for whatever is optional, since class-validator's `@IsOptional` does, looks into no map, and reads a missing body as an
    empty object. An update need not say the variant that a resource is, and one that says nothing changes nothing.
    """
    is_update = case.operation.label.startswith("PATCH ")
    if isinstance(case.body, NotSet):
        return is_update or is_valid(case, {}, schemas)
    if not isinstance(case.body, (dict, list)):
        return False
    if is_valid(case, case.body, schemas):
        return True
    return is_update and isinstance(case.body, dict) and any(is_valid(case, {**tag, **strip(case.body)}, schemas) for tag in tags(case))


def repeats_accepted(case):
    """Returns whether the API takes a body that the document, with its slips corrected, does not know."""
    return is_taken(case) and not is_taken(case, AS_DOCUMENTED)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    kind = type(failure).__name__
    if kind == "AcceptedNegativeData":
        return not is_taken(case)
    if kind == "JsonSchemaError":
        # Ids are not checked in this run (`--allow-unknown-ids`), and responses repeat them, and what is taken beyond the document.
        return not (has_odd_id(response.json()) or repeats_accepted(case))
    if kind == "UndefinedContentType":
        # A response that the request wants as a stream of events.
        is_stream = response.headers.get("content-type", [""])[0].startswith("text/event-stream")
        return not (is_stream and isinstance(case.body, dict) and case.body.get("stream") is True)
    if kind == "RejectedPositiveData":
        text = response.text
        return not any(re.search(pattern, text) for pattern, _ in REFUSED)
    return True
