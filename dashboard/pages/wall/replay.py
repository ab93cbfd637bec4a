"""`/wall?at=2026-11-20T08:30`: the wall of an earlier moment, unmoving, under a banner."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.components.text import bilingual
from dashboard.read.context import ScreenContext
from dashboard.read.replay import context_as_of
from geodata.clock import replaying
from geodata.database.replay import BeforeFirstLoadError, ForgottenError, FutureError
from geodata.errors import NotFoundError

REFUSALS: dict[type[NotFoundError], str] = {
    FutureError: "replay.future",
    BeforeFirstLoadError: "replay.before",
    ForgottenError: "replay.forgotten",
}
LONGEST = 40  # of a time that cannot be read, on the screen
_LOST_PLUS = re.compile(r"(T.*) (?=\d\d:?\d\d$)")  # a zone's plus is a space in an address


def requested(search: str | None) -> str | None:
    """Return the moment that an address names, None for the present."""
    asked = parse_qs((search or "").removeprefix("?"), keep_blank_values=True)
    return asked["at"][-1] if "at" in asked else None


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return a moment to the second, in the city's zone unless it names one; None if it is none."""
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+", text.strip()))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def replay_page(
    context: ScreenContext, text: str, draw: Callable[[ScreenContext], html.Main]
) -> html.Main:
    """Return the wall of a moment, or a sentence on why it cannot be shown."""
    zone = context.city.zone
    at = parse_moment(text, zone)
    if at is None:
        return refusal("replay.unreadable", text[:LONGEST])
    named = f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
    try:
        then = context_as_of(context, at)
    except tuple(REFUSALS) as error:
        return refusal(REFUSALS[type(error)], named)
    with replaying(at):
        page = draw(then)
    banner = bilingual("replay.banner", class_name="wall-replay", at=named)
    page.children = [*page.children, banner]
    setattr(page, "data-at", at.isoformat())  # the browser's clock stands still there
    return page


def refusal(key: str, at: str) -> html.Main:
    """Return a page of one sentence, with the link back."""
    parts: list[Component] = [
        bilingual(key, tag=html.H1, at=at),
        html.A(bilingual("replay.back"), href="/wall", className="button"),
    ]
    return html.Main(parts, className="problem-page")
