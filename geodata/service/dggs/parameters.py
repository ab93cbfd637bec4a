"""Parses the query parameters of zone queries and zone data."""

import re
from datetime import UTC, datetime

from fastapi import HTTPException

from geodata.errors import GeographyError
from geodata.service.dggs.zones import Box
from geodata.space.grid import text_to_cell

_CRS84 = frozenset(
    {
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "https://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "[OGC:CRS84]",
        "OGC:CRS84",
    }
)
_AXES = {"lon": "Lon", "long": "Lon", "longitude": "Lon", "lat": "Lat", "latitude": "Lat"}
_WORLD = {"Lon": (-180.0, 180.0), "Lat": (-90.0, 90.0)}
Span = tuple[datetime | None, datetime | None]


def read_zone(text: str) -> int:
    """Return a zone's cell; status 404 where the text is none."""
    try:
        return text_to_cell(text)
    except GeographyError as error:
        raise HTTPException(404, str(error)) from error


def check_crs(crs: str | None) -> None:
    """Refuse a CRS other than CRS84, which is the only one the data are kept in; status 400."""
    if crs is not None and crs not in _CRS84:
        raise HTTPException(400, f"coordinates in {crs!r} are not understood, only in CRS84")


def read_box(text: str) -> Box:
    """Return west, south, east, north of a `bbox` of four or six numbers; status 400."""
    try:
        numbers = [float(each) for each in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or numbers[1] > numbers[3] or numbers[0] > numbers[2]:
        raise HTTPException(400, "bbox is west,south,east,north")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def read_subset(texts: list[str]) -> tuple[Box | None, Span | None]:
    """Return the box and the time of `subset=Lon(125:126),Lat(43:44),time("2026-10-01")`.

    Raises:
        HTTPException: an axis that the data do not have; status 400.
    """
    ranges: dict[str, tuple[float, float]] = {}
    span = None
    for name, low, high in _axes(texts):
        if name == "time":
            span = read_datetime(f"{low}/{high}" if high else low)
        else:
            ranges[name] = _interval(name, low, high)
    if not ranges:
        return None, span
    west, east = ranges.get("Lon", _WORLD["Lon"])
    south, north = ranges.get("Lat", _WORLD["Lat"])
    return (west, south, east, north), span


def _axes(texts: list[str]) -> list[tuple[str, str, str]]:
    found = []
    for text in texts:
        rest = re.sub(r'\w+\("?[^()]*"?\)', "", text).strip(", ")
        if rest or not text:
            raise HTTPException(400, f"subset {text!r} is not understood")
        for axis, inside in re.findall(r"(\w+)\(([^()]*)\)", text):
            name = "time" if axis.lower() == "time" else _AXES.get(axis.lower(), "")
            if not name:
                raise HTTPException(400, f"the data have no axis {axis!r}")
            if name == "time":
                parts = re.findall(r'"([^"]*)"|(\*)', inside)
                low, high = ([a or ".." for a, _ in parts] + [""])[:2]
            else:
                low, _, high = inside.partition(":")
            found.append((name, low.strip(), high.strip()))
    return found


def _interval(name: str, low: str, high: str) -> tuple[float, float]:
    least, most = _WORLD[name]
    try:
        first = least if low == "*" else float(low)
        last = first if not high else most if high == "*" else float(high)
    except ValueError as error:
        raise HTTPException(400, f"{name}({low}:{high}) is no range of numbers") from error
    if last < first:
        raise HTTPException(400, f"{name}({low}:{high}): the data do not cross the antimeridian")
    return first, last


def read_datetime(text: str) -> Span:
    """Return begin and end of a `datetime`: an instant, or two with a slash between; status 400."""
    parts = text.split("/")
    if len(parts) > 2:
        raise HTTPException(400, f"datetime {text!r} is no instant or interval")
    ends = [None if each in ("", "..") else _instant(each) for each in parts]
    return ends[0], ends[-1]


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise HTTPException(400, f"{text!r} is no instant after RFC 3339") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def overlaps(span: Span, starts_at: datetime, ends_at: datetime) -> bool:
    """Return whether a span overlaps a half-open period."""
    begin, end = span
    return (begin is None or begin < ends_at) and (end is None or end >= starts_at)


def read_depths(text: str | None, default: int) -> list[int]:
    """Return the depths of `zone-depth`: `2`, `0-2` or `0,2`; status 400."""
    if text is None:
        return [default]
    if re.fullmatch(r"\d{1,2}-\d{1,2}", text):
        low, high = (int(each) for each in text.split("-"))
        return list(range(low, high + 1)) or _refuse_depth(text)
    if re.fullmatch(r"\d{1,2}(,\d{1,2})*", text):
        return sorted({int(each) for each in text.split(",")})
    return _refuse_depth(text)


def _refuse_depth(text: str) -> list[int]:
    raise HTTPException(400, f"zone-depth {text!r} is no depth, range or list of depths")
