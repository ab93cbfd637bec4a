"""Callbacks are decided on the server like the page that registered them, whatever is sent.

Dash answers every callback at one address and finds it by the outputs that a request names. The
decision lies on the callback itself, so no other name and no other address leads around it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import flask
from dash import Dash

from dashboard.page import Roles
from geodata.errors import DeclarationError
from geodata.identity.caller import current_caller

UPDATE = "/_dash-update-component"
_MARK = "occ_roles"


@contextmanager
def open_to(app: Dash, roles: Roles) -> Iterator[None]:
    """Decide the callbacks that are registered in the block: they answer these roles alone."""
    known = set(app.callback_map)
    yield
    for name in set(app.callback_map) - known:
        declared = app.callback_map[name]
        if "callback" in declared:
            declared["callback"] = _guarded(declared["callback"], roles)


def roles_of(declared: dict[str, Any]) -> Roles | None:
    """Return to whom a callback is open, None where that was never decided."""
    return getattr(declared.get("callback"), _MARK, None)


def check_decided(app: Dash) -> None:
    """Refuse an application with a callback on which nothing is decided.

    Raises:
        DeclarationError: there is one; names it.
    """
    found = [
        name
        for name, each in app.callback_map.items()
        if "callback" in each and roles_of(each) is None
    ]
    if found:
        raise DeclarationError(f"no page says who may ask for the callback {found[0]}")


def refuse_undecided(app: Dash) -> None:
    """Answer 4xx to what asks for no callback, or for one that is not the caller's.

    The callback refuses too; here it is done before anything else looks at what was sent.
    """
    server: flask.Flask = app.server

    @server.before_request
    def refuse() -> None:
        if flask.request.path != UPDATE or flask.request.method != "POST":
            return
        output = _asked_output()
        declared = app.callback_map.get(output)
        if declared is None or "callback" not in declared:
            flask.abort(400)
        _refuse_others(roles_of(declared) or frozenset())


def _asked_output() -> str:
    """Return by which outputs a callback is asked for."""
    try:
        body = flask.request.get_json()
    except RecursionError:
        flask.abort(400)
    if not _is_asked_rightly(body):
        flask.abort(400)
    return str(body["output"])


def _refuse_others(roles: Roles) -> None:
    caller = current_caller()
    if caller.role not in roles:
        flask.abort(403 if caller.is_known else 401)


def _is_asked_rightly(body: object) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        return False
    lists = (body.get(name, []) for name in ("inputs", "state", "changedPropIds"))
    return all(isinstance(each, list) for each in lists)


def _guarded(callback: Callable[..., Any], roles: Roles) -> Callable[..., Any]:
    @wraps(callback)
    def guarded(*given: Any, **named: Any) -> Any:
        _refuse_others(roles)
        return callback(*given, **named)

    setattr(guarded, _MARK, roles)
    return guarded
