"""Validates the responses of a run of newman with openapi-core: responses.py DOCUMENT RUN"""

import json
import sys
from urllib.parse import parse_qsl

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

SERVER = "https://api.vapi.ai"


def main(document, run):
    with open(document) as file:
        openapi = OpenAPI.from_dict(json.load(file))
    with open(run) as file:
        executions = json.load(file)["run"]["executions"]
    accepted, refused = 0, []
    for execution in executions:
        sent, received = execution["request"], execution.get("response")
        if received is None:
            refused.append((execution["item"]["name"], "no response"))
            continue
        content_type = next(
            (header["value"] for header in received["header"] if header["key"].lower() == "content-type"), ""
        ).split(";")[0]
        query = sent["url"].get("query", [])
        request = MockRequest(
            SERVER,
            sent["method"].lower(),
            "/" + "/".join(sent["url"]["path"]),
            args=dict(parse_qsl("&".join(f"{pair['key']}={pair['value']}" for pair in query if not pair.get("disabled")))),
        )
        response = MockResponse(
            bytes(received["stream"]["data"]),
            status_code=received["code"],
            content_type=content_type,
        )
        try:
            openapi.validate_response(request, response)
            accepted += 1
        except Exception as error:
            reasons = getattr(error.__cause__, "schema_errors", None) or [error.__cause__ or error]
            refused.append((f"{sent['method']} {request.path} {received['code']}", str(next(iter(reasons)))[:600]))
    print(f"openapi-core: {accepted} responses accepted, {len(refused)} refused")
    for name, reason in refused:
        print(f"- {name}: {reason}")
    return 1 if refused or not accepted else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
