"""Components of Dash as HTML, for answers that are complete without a script."""

from html import escape
from typing import Any

from dash.development.base_component import Component

ATTRIBUTES = {"className": "class"}


def to_html(content: object) -> str:
    """Return a component of `dash.html`, a text, or a list of them as HTML."""
    if isinstance(content, list | tuple):
        return "".join(to_html(each) for each in content)
    if not isinstance(content, Component):
        return "" if content is None else escape(str(content))
    described: Any = content.to_plotly_json()  # type: ignore[no-untyped-call]
    properties = described["props"]
    children = to_html(properties.pop("children", None))
    tag = type(content).__name__.lower()
    given = "".join(
        f' {ATTRIBUTES.get(name, name)}="{escape(str(value))}"'
        for name, value in properties.items()
    )
    return f"<{tag}{given}>{children}</{tag}>"
