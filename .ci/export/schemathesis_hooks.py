"""Hooks of schemathesis: the differences between the export and the emulator that are known, each with its reason.

A failure that no rule here explains fails the run.
"""

import re

import jsonschema_rs
import schemathesis

# Sentences of requests that the schema allows and the API refuses: a pattern, and the reason.
REFUSED = [
    (r"must be a valid IANA time-zone", "The document has any text."),
    (r"timeRange(Override)?\.(start|end) must be a string", "Times are texts; the document says no type that tools agree on."),
    (r"must be a UUID", "An id is a UUID; the document has any text in most places."),
    (r"must be a valid phone number in the E\.164 format", "The document has any text."),
    (r"Couldn't Get (Assistant|Phone Number)", "One of several properties is needed, which the document does not say."),
    (r"must be a valid ISO 8601 date-time string or relative time string", "The document has an object, and means a text."),
    (r"formula (names no query|is not a valid mathematical expression)", "The document has any text."),
    (r"callIds must contain", "The number of calls depends on another property."),
    (r"has not ended", "Suggestions need results."),
]


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


validators = {}
relaxed = {}


def is_taken(case):
    """Returns whether the API takes a body though the schema does not.

    It takes null for whatever is optional, since class-validator's `@IsOptional` does, and looks into no map.
    """
    key = case.operation.label
    if key not in validators:
        raw = case.operation.schema.raw_schema
        content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
        schemas = [media["schema"] for media in content.values() if "schema" in media]
        if not relaxed:
            relaxed["schemas"] = relax(raw["components"]["schemas"])
        document = {**relax(schemas[0]), "components": relaxed} if schemas else True
        validators[key] = jsonschema_rs.Draft4Validator(document, validate_formats=False)
    return isinstance(case.body, (dict, list)) and validators[key].is_valid(strip(case.body))


@schemathesis.hook
def filter_failure(context, failure, case, response):
    kind = type(failure).__name__
    if kind == "AcceptedNegativeData":
        return not is_taken(case)
    if kind == "RejectedPositiveData":
        text = response.text
        return not any(re.search(pattern, text) for pattern, _ in REFUSED)
    return True
