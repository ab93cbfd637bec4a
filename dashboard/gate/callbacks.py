"""Callbacks are decided on the server like the page that registered them, whatever is sent.

Dash answers every callback at one address and finds it by the outputs that a request names. The
decision lies on the callback itself, so no other name and no other address leads around it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

import flask
from dash import Dash

from dashboard.page import Roles
from geodata.errors import DeclarationError
from geodata.identity.caller import current_caller

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


def roles_of(declared: Mapping[str, Any]) -> Roles | None:
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


def refuse_others(roles: Roles) -> None:
    """Answer 401 or 403 where the caller of the request has none of some roles."""
    caller = current_caller()
    if caller.role not in roles:
        flask.abort(403 if caller.is_known else 401)


def _guarded(callback: Callable[..., Any], roles: Roles) -> Callable[..., Any]:
    @wraps(callback)
    def guarded(*given: Any, **named: Any) -> Any:
        refuse_others(roles)
        return callback(*given, **named)

    setattr(guarded, _MARK, roles)
    return guarded
