"""Reads where and when a client asks for: `bbox` and `datetime`, as OGC API Features has them.

A box may cross the antimeridian, west is then larger than east. A period is half-open: it ends
where the next begins.
"""

import math
import re
from datetime import UTC, datetime, timedelta

from geodata.errors import RequestError

Box = tuple[float, float, float, float]
Span = tuple[datetime | None, datetime | None]
_DAY = r"\d{4}-\d{2}-\d{2}"
_INSTANT = re.compile(rf"{_DAY}[Tt]\d{{2}}:\d{{2}}:\d{{2}}(\.\d+)?([Zz]|[+-]\d{{2}}:\d{{2}})")


def read_box(text: str) -> Box:
    """Return west, south, east, north of a `bbox` of four or six numbers; heights do not count.

    Raises:
        RequestError: it is none, or not on the globe.
    """
    try:
        numbers = [float(each) for each in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(math.isfinite(each) for each in numbers):
        raise RequestError("bbox is west,south,east,north: four numbers, or six with heights")
    west, south, east, north = numbers
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise RequestError("bbox is in degrees: longitude within 180, latitude within 90")
    if south > north:
        raise RequestError("bbox has its south above its north")
    return west, south, east, north


def parts_of(box: Box) -> list[Box]:
    """Return a box as one or, where it crosses the antimeridian, two that do not."""
    west, south, east, north = box
    if west <= east:
        return [box]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def read_span(text: str) -> Span:
    """Return first and last moment of a `datetime`: an instant, or two with a slash between.

    A day alone is that day in UTC. `..` or nothing leaves an end open.

    Raises:
        RequestError: it is neither, or ends before it begins.
    """
    parts = text.split("/")
    if len(parts) > 2:
        raise RequestError("datetime has at most one slash")
    begin = _moment(parts[0], is_end=False, may_be_open=len(parts) == 2)
    end = _moment(parts[-1], is_end=True, may_be_open=len(parts) == 2)
    if len(parts) == 2 and begin is None and end is None:
        raise RequestError("datetime is open at both ends")
    if begin is not None and end is not None and end < begin:
        raise RequestError("datetime ends before it begins")
    return begin, end


def overlaps(span: Span, starts_at: datetime, ends_at: datetime) -> bool:
    """Return whether a span overlaps a half-open period."""
    begin, end = span
    return (begin is None or begin < ends_at) and (end is None or end >= starts_at)


def _moment(text: str, *, is_end: bool, may_be_open: bool) -> datetime | None:
    if may_be_open and text in ("", ".."):
        return None
    try:
        if re.fullmatch(_DAY, text):
            day = datetime.fromisoformat(text).replace(tzinfo=UTC)
            return day + timedelta(days=1, microseconds=-1) if is_end else day
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RequestError("datetime names no moment of the calendar") from error
    raise RequestError("datetime is an instant after RFC 3339, or two with a slash between")
