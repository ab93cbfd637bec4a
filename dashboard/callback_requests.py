"""What is asked of callbacks, checked before Dash reads it: it trusts its own renderer."""

import re
from collections.abc import Mapping
from typing import Any

import flask

from dashboard.gate.callbacks import refuse_others, roles_of
from dashboard.gate.table import CALLBACKS
from dashboard.problems import answer_failure

MOST_LISTED = 1000  # components that a pattern matches
_BAD = 400
_Callbacks = Mapping[str, Mapping[str, Any]]


def check_requests(server: flask.Flask, callbacks: _Callbacks) -> None:
    """Refuse what asks for no callback, for one that is not the caller's, or for one wrongly.

    `callbacks` are those of the application. Each refuses other callers by itself, too; here it is
    done before anything else looks at what was sent.
    """

    @server.before_request
    def check() -> flask.Response | None:
        if flask.request.path != CALLBACKS or flask.request.method != "POST":
            return None
        try:
            body = flask.request.get_json()
        except RecursionError:
            return answer_failure(_BAD, "the body is too deep")
        fault = fault_of(body, callbacks)
        return answer_failure(_BAD, fault) if fault else None


def fault_of(body: object, callbacks: _Callbacks) -> str | None:
    """Return what is wrong with a request, None where it fits a callback of its caller.

    Raises:
        HTTPException: 401 or 403, the callback is not the caller's.
    """
    if not isinstance(body, dict):
        return "the body is no object"
    output = body.get("output")
    found = callbacks.get(output) if isinstance(output, str) else None
    if found is None or "callback" not in found:
        return "there is no callback with this output"
    refuse_others(roles_of(found) or frozenset())
    return _fault_in(body, found, _count_of(str(output)))


def _fault_in(body: Mapping[str, Any], found: Mapping[str, Any], outputs: int) -> str | None:
    for name in ("inputs", "state"):
        if not _fits(body.get(name, []), found[name]):
            return f"{name} are not those of the callback"
    if not _are_outputs(body.get("outputs", []), outputs):
        return "outputs are not those of the callback"
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(each, str) for each in changed):
        return "changedPropIds is a list of texts"
    return None


def _fits(given: object, declared: list[Mapping[str, str]]) -> bool:
    """Return whether values are given for what is declared, in its order."""
    if not isinstance(given, list) or len(given) != len(declared):
        return False
    return all(_is_one(one, each) for one, each in zip(given, declared, strict=True))


def _is_one(given: object, declared: Mapping[str, str]) -> bool:
    is_pattern = declared["id"].startswith("{")
    if isinstance(given, list):
        listed = len(given) <= MOST_LISTED and all(isinstance(each, dict) for each in given)
        return is_pattern and listed and all(_is_named(each) for each in given)
    if not _is_named(given) or not isinstance(given, dict):
        return False
    if given["property"] != declared["property"]:
        return False
    return isinstance(given["id"], dict) if is_pattern else given["id"] == declared["id"]


def _is_named(given: object) -> bool:
    if not isinstance(given, dict) or not isinstance(given.get("property"), str):
        return False
    return isinstance(given.get("id"), str | dict)


def _are_outputs(given: object, count: int) -> bool:
    if isinstance(given, dict):
        return count == 1 and _is_named(given)
    if not isinstance(given, list) or len(given) not in (0, count):
        return False
    return all(_is_listed(each) for each in given)


def _is_listed(given: object) -> bool:
    if isinstance(given, list):
        return len(given) <= MOST_LISTED and all(_is_named(each) for each in given)
    return _is_named(given)


def _count_of(output: str) -> int:
    """Return how many outputs a callback has: several are `..a.b...c.d..`."""
    inside = re.fullmatch(r"\.\.(.+)\.\.", output)
    return inside[1].count("...") + 1 if inside else 1
