"""Who is signed in, on every page: the name, the demonstration's mark, the way out."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.text import bilingual
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.identity.caller import DEVICES, Caller


def caller_tab(caller: Caller) -> Component:
    """Return the tab at the upper edge; hidden where nobody is known."""
    return html.Div(
        [demo_mark(caller), *who(caller), *way_out(caller)],
        className="caller",
        hidden=not caller.is_known,
    )


def demo_mark(caller: Caller) -> html.Span:
    """Return the mark of the demonstration, hidden elsewhere."""
    words = " ".join(translate("caller.demo", code) for code in LANGUAGES)
    return html.Span(words, className="badge-demo", hidden=not caller.is_demo)


def who(caller: Caller) -> list[Component]:
    """Return name and role of a user or a device; the demonstration is nobody's name."""
    if caller.is_demo or not caller.is_known:
        return []
    role = bilingual(f"caller.role.{caller.role}", tag=html.Span, class_name="caller-role")
    return [html.Span(caller.name, className="caller-name"), role, *bounds(caller)]


def bounds(caller: Caller) -> list[Component]:
    """Return that the caller sees the records of some districts alone: lists are short for that."""
    if not caller.districts:
        return []
    number = len(caller.districts)
    said = bilingual("caller.districts", tag=html.Span, class_name="caller-role", number=number)
    return [html.Span(said, title=", ".join(caller.districts))]


def way_out(caller: Caller) -> list[Component]:
    """Return the button that signs out; a device has none, for anybody could press it."""
    if caller.is_demo or not caller.is_known or caller.role in DEVICES:
        return []
    button = html.Button(
        bilingual("caller.sign_out", tag=html.Span), type="submit", className="sign-out"
    )
    return [html.Form([button], action="/sign-out", method="POST")]
