"""`/live/points/...`: the points that the wall draws above the hexagons, with their classes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from dashboard.live.vehicles import NOT_STORED, SHOWN_FOR, adherence
from dashboard.wording.i18n import translate
from geodata.city.colour import as_property
from geodata.city.configuration import City
from geodata.city.facility_kinds import FacilityKind
from geodata.clock import now, replayed
from geodata.database.handle import Engine
from geodata.database.replay import open_as_of
from geodata.errors import NotFoundError, RequestError
from geodata.queries.live import read_vehicles
from geodata.queries.places import read_facilities
from geodata.queries.screens import read_open_incidents
from geodata.space.grid.bits import cell_to_parents
from geodata.space.grid.cells import cell_centres

PREFIX = "/live/points"
PUBLIC_RES = 9  # an incident is shown at the centre of a cell of about 0.1 km2, never nearer
OPEN_FOR = timedelta(hours=12)  # a call open for longer was never closed in its source

Point = tuple[float, float, str]
COLUMNS = ("lon", "lat", "class")  # of a point, told with every answer: the browser reads by name


@dataclass(frozen=True)
class PointClass:
    """How a class of points is drawn: a colour token of the page, a radius at 1080 lines."""

    key: str
    label_zh: str
    label_en: str
    colour: str
    radius: float
    hollow: bool = False


@dataclass(frozen=True)
class Overlay:
    """Points above the hexagons: what classes they are of, and how they are read."""

    classes: Callable[[City], tuple[PointClass, ...]]
    read: Callable[[Engine, datetime], Iterable[Point]]
    word: str | None = None  # one word of the dictionary for all classes together


def points_router(engine: Engine, city: City) -> APIRouter:
    """Return the router of points; `names` are overlays joined by `+`."""
    router = APIRouter(prefix=PREFIX)
    overlays = find_overlays(city)

    @router.get("/{names}.json")
    def points(names: str, at: AwareDatetime | None = None) -> JSONResponse:
        wanted = read_names(names, overlays)
        then = open_as_of(engine, at) if at else engine
        at = at or now()
        found = [point for name in wanted for point in overlays[name].read(then, at)]
        answer = {"now": at.isoformat(), "columns": COLUMNS, "points": found}
        return JSONResponse(answer, headers=NOT_STORED)

    return router


def read_names(text: str, overlays: Mapping[str, Overlay]) -> list[str]:
    """Return the overlays that an address names, each once however often it stands there.

    Raises:
        RequestError: it names more than there are.
        NotFoundError: there is no such overlay.
    """
    names = list(dict.fromkeys(text.split("+")))
    if len(names) > len(overlays):
        raise RequestError(f"there are {len(overlays)} kinds of points")
    for each in names:
        if each not in overlays:
            raise NotFoundError(f"no points are called {each[:80]!r}")
    return names


def incident_points(engine: Engine, at: datetime) -> list[Point]:
    """Return the open incidents, each at the centre of its public cell."""
    frame = read_open_incidents(engine, at - OPEN_FOR, at)
    if frame.is_empty():
        return []
    lon, lat = cell_centres(cell_to_parents(frame["cell"].to_numpy().astype(np.int64), PUBLIC_RES))
    return [
        (round(float(x), 5), round(float(y), 5), f"channel.{channel}")
        for x, y, channel in zip(lon, lat, frame["channel"], strict=True)
    ]


def vehicle_points(engine: Engine, at: datetime) -> list[Point]:
    """Return the recently seen buses, classed by headway adherence."""
    return [
        (
            round(row["lon"], 5),
            round(row["lat"], 5),
            f"vehicle.{adherence(row['headway_s'], row['scheduled_headway_s'])}",
        )
        for row in read_vehicles(engine, at, SHOWN_FOR)
    ]


def facility_points(engine: Engine, kind: str) -> list[Point]:
    """Return the active facilities of one kind."""
    with engine.connect() as connection:
        frame = read_facilities(connection, [kind]).filter("is_active")
    return [
        (round(lon, 5), round(lat, 5), f"facility.{kind}")
        for lon, lat in frame.select("lon", "lat").iter_rows()
    ]


def channel_classes(city: City) -> tuple[PointClass, ...]:
    """Return a class a channel of the city."""
    return tuple(
        PointClass(f"channel.{each.key}", *each.short, each.colour, 7) for each in city.channels
    )


def vehicle_classes(_city: City) -> tuple[PointClass, ...]:
    """Return a class a headway; bunched and gapped are the ends of a palette every eye tells."""
    looks: tuple[tuple[str, str, float, bool], ...] = (
        ("vehicle.bunched", "watch", 5.5, False),
        ("vehicle.regular", "text", 3.5, False),
        ("vehicle.gapped", "broadband", 5.5, False),
        ("vehicle.unknown", "secondary", 3.5, True),
    )
    return tuple(
        PointClass(key, translate(key, "zh"), translate(key, "en"), colour, radius, hollow)
        for key, colour, radius, hollow in looks
    )


# What is under way; the kinds of facilities that a city declares are overlays besides.
OVERLAYS: Mapping[str, Overlay] = MappingProxyType(
    {
        "incidents": Overlay(channel_classes, incident_points, "wall.open_incidents"),
        "vehicles": Overlay(vehicle_classes, vehicle_points),
    }
)


def find_overlays(city: City) -> Mapping[str, Overlay]:
    """Return every overlay of a city by the name that scenes and addresses use."""
    return {**{each.key: _of_facilities(each) for each in city.facility_kinds}, **OVERLAYS}


def _of_facilities(kind: FacilityKind) -> Overlay:
    look = PointClass(
        f"facility.{kind.key}", kind.label_zh, kind.label_en, kind.colour, 5, kind.hollow
    )
    return Overlay(lambda _city: (look,), lambda engine, _at: facility_points(engine, kind.key))


def points_property(city: City, names: Iterable[str]) -> dict[str, object] | None:
    """Return the map's `points` property for some overlays, None for none."""
    wanted = list(names)
    if not wanted:
        return None
    at, overlays = replayed(), find_overlays(city)
    return {
        "url": f"{PREFIX}/{'+'.join(wanted)}.json" + (f"?at={at:%Y-%m-%dT%H:%M:%SZ}" if at else ""),
        "classes": {
            each.key: {
                "colour": as_property(each.colour),
                "radius": each.radius,
                "hollow": each.hollow,
            }
            for name in wanted
            for each in overlays[name].classes(city)
        },
    }
