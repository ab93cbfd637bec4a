"""Parses the query parameters of zone queries and zone data."""

import re
from dataclasses import dataclass

from geodata.errors import GeographyError, NotFoundError, RequestError
from geodata.service.extents import Box, Span, read_box, read_span
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


def read_zone(text: str) -> int:
    """Return a zone's cell; NotFoundError where the text is none."""
    try:
        return text_to_cell(text)
    except GeographyError as error:
        raise NotFoundError(str(error)) from error


def check_crs(crs: str | None) -> None:
    """Refuse a CRS other than CRS84, which is the only one the data are kept in."""
    if crs is not None and crs not in _CRS84:
        raise RequestError(f"coordinates in {crs!r} are not understood, only in CRS84")


@dataclass(frozen=True)
class Area:
    """Where, and when, a client asks for."""

    box: Box | None
    span: Span | None


def read_area(
    bbox: str | None, bbox_crs: str | None, subset: list[str] | None, subset_crs: str | None
) -> Area:
    """Return the area of `bbox` or of `subset`.

    Raises:
        RequestError: both name it, or one in coordinates that the data are not kept in.
    """
    box, span = read_subset(subset or [])
    if bbox is not None:
        if box is not None:
            raise RequestError("bbox and subset name the same axes")
        check_crs(bbox_crs)
        box = read_box(bbox)
    elif box is not None:
        check_crs(subset_crs)
    return Area(box, span)


def read_subset(texts: list[str]) -> tuple[Box | None, Span | None]:
    """Return the box and the time of `subset=Lon(125:126),Lat(43:44),time("2026-10-01")`.

    Raises:
        RequestError: an axis that the data do not have.
    """
    ranges: dict[str, tuple[float, float]] = {}
    span = None
    for name, low, high in _axes(texts):
        if name == "time":
            span = read_span(f"{low}/{high}" if high else low)
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
            raise RequestError(f"subset {text!r} is not understood")
        for axis, inside in re.findall(r"(\w+)\(([^()]*)\)", text):
            name = "time" if axis.lower() == "time" else _AXES.get(axis.lower(), "")
            if not name:
                raise RequestError(f"the data have no axis {axis!r}")
            if name == "time":
                parts = re.findall(r'"([^"]*)"|(\*)', inside)
                if not parts:
                    raise RequestError(f"{axis}({inside}) names no time in quotation marks")
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
        raise RequestError(f"{name}({low}:{high}) is no range of numbers") from error
    if not (least <= first <= most and least <= last <= most):
        raise RequestError(f"{name}({low}:{high}) is not on the globe")
    if last < first and name == "Lat":
        raise RequestError(f"{name}({low}:{high}) has its south above its north")
    return first, last


def read_depths(text: str | None, default: int) -> list[int]:
    """Return the depths of `zone-depth`: `2`, `0-2` or `0,2`, or RequestError."""
    if text is None:
        return [default]
    if re.fullmatch(r"\d{1,2}-\d{1,2}", text):
        low, high = (int(each) for each in text.split("-"))
        return list(range(low, high + 1)) or _refuse_depth(text)
    if re.fullmatch(r"\d{1,2}(,\d{1,2})*", text):
        return sorted({int(each) for each in text.split(",")})
    return _refuse_depth(text)


def _refuse_depth(text: str) -> list[int]:
    raise RequestError(f"zone-depth {text!r} is no depth, range or list of depths")
