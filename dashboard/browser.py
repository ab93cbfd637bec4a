"""Callbacks that run in the browser: functions of the files in assets/, none inline."""

from typing import Any

from dash import ClientsideFunction, Dash


def browser_callback(
    app: Dash, function: str, *dependencies: Any, prevent_initial_call: bool = False
) -> None:
    """Register `namespace.name` of an assets file on the application."""
    namespace, _, name = function.partition(".")
    register: Any = app.clientside_callback  # untyped in Dash
    register(
        ClientsideFunction(namespace, name),
        *dependencies,
        prevent_initial_call=prevent_initial_call,
    )
