"""Calls every method of the vendor's client for Python against the emulator: drive.py URL KEY EXPECTED

A first call with nonsense tells the operation of a method; the emulator's log has it. What to send is the example of the emulator's
reference, which refers to what is stored. Creating comes first, deleting last.
"""

import inspect
import json
import re
import sys
import urllib.request

from vapi import Vapi

url, key, expected_file = sys.argv[1:]
vapi = Vapi(token=key, base_url=url)


def own(path, method="GET", body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{url}/emulator{path}", method=method, data=data)
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error)


def methods():
    found = {}
    for resource in dir(vapi):
        of = getattr(vapi, resource)
        if resource.startswith("_") or not hasattr(of, "with_raw_response"):
            continue
        for name in dir(of):
            if not name.startswith("_") and name != "with_raw_response" and callable(getattr(of, name)):
                found[f"{resource}.{name}"] = getattr(of, name)
    return found


def snake(name):
    """Returns the name that the client gives to a property."""
    name = name.replace("-", "_")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def last_request():
    requests = own("/requests")
    return requests[-1] if requests else {}


def run(method, given):
    result = method(**given)
    # Downloads and streams are read to their end.
    if inspect.isgenerator(result) or hasattr(result, "__next__"):
        for _ in result:
            pass
    return result


def operation_of(method):
    own("/requests", "DELETE")
    given = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            given[name] = b"x" if name == "file" else {} if name == "request" else [] if "Sequence" in str(parameter.annotation) else "x"
    try:
        run(method, given)
    except Exception:
        # It is refused; the log has it all the same.
        pass
    return last_request().get("operationId")


def arguments(method, operation):
    wanted = inspect.signature(method).parameters
    given = {}
    for parameter in operation["parameters"]:
        if parameter.get("required") and parameter["in"] != "header":
            given[snake(parameter["name"])] = parameter["value"]
        elif snake(parameter["name"]) in wanted and wanted[snake(parameter["name"])].default is inspect.Parameter.empty:
            given[snake(parameter["name"])] = parameter.get("value") or "application/json"
    request = operation["request"]
    if request is None:
        return given
    if request["contentType"].startswith("multipart/"):
        return {**given, "file": ("menu.txt", b"Soup.\n", "text/plain")}
    if "request" in wanted:
        return {**given, "request": request["example"]}
    body = {snake(name): value for name, value in request["example"].items()}
    # A body of any form, which the client does not send.
    return given if body and not any(name in wanted for name in body) else {**given, **body}


found = methods()
operations = {name: operation_of(method) for name, method in found.items()}
own("", "DELETE")
order = [operation for group in own("/reference")["groups"] for operation in group["operations"]]
place = {operation["id"]: at for at, operation in enumerate(order)}


def kind(name):
    at = place.get(operations[name])
    if at is None:
        return 3
    if order[at]["method"] == "DELETE":
        return 2
    return 0 if order[at]["method"] == "POST" and "{" not in order[at]["path"] else 1


failed = {}


def attempt(name):
    try:
        operation = own(f"/reference/operations/{operations[name]}")
        if "statusCode" in operation:
            raise ValueError("no operation of the emulator has this path")
        run(found[name], arguments(found[name], operation))
        failed.pop(name, None)
    except Exception as error:
        body = getattr(error, "body", None)
        message = body.get("message") if isinstance(body, dict) else str(error)
        first = message[0] if isinstance(message, list) else str(message)
        failed[name] = f"{getattr(error, 'status_code', '')} {type(error).__name__}: {first}"[:300].strip()


by_place = sorted(found, key=lambda name: (place.get(operations[name], 0), name))
creating = [name for name in by_place if kind(name) == 0]
# What is created may need what is created later, so there are three rounds. In the second one, a call has a number to be placed from.
for round in range(3):
    for name in creating:
        if round < 2 or name in failed:
            attempt(name)
own("/clock", "POST", {"advance": "600s"})
for name in by_place:
    if kind(name) in (1, 3):
        attempt(name)
for name in reversed(by_place):
    if kind(name) == 2:
        attempt(name)

with open(expected_file, encoding="utf-8") as file:
    expected = [line.split()[1].rstrip(":") for line in file if line.startswith("pypi ")]
surprises = {name: problem for name, problem in failed.items() if name not in expected}
fixed = [name for name in expected if name not in failed]
print(f"pypi: {len(found) - len(failed)} of {len(found)} methods work")
for name, problem in surprises.items():
    print(f"- {name}: {problem}")
for name in fixed:
    print(f"- {name} works, and is still expected to fail")
sys.exit(1 if surprises or fixed else 0)
