"""`/live/points/...`: the points that the wall draws above the hexagons, with their classes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime
from sqlalchemy import Engine

from dashboard.live.vehicles import NOT_STORED, SHOWN_FOR, adherence
from geodata.clock import now, replayed
from geodata.database.replay import open_as_of
from geodata.errors import NotFoundError
from geodata.queries.live import read_vehicles
from geodata.queries.places import read_facilities
from geodata.queries.screens import read_open_incidents
from geodata.space.grid.bits import cell_to_parents
from geodata.space.grid.cells import cell_centres

PREFIX = "/live/points"
PUBLIC_RES = 9  # an incident is shown at the centre of a cell of about 0.1 km2, never nearer
OPEN_FOR = timedelta(hours=12)  # a call open for longer was never closed in its source
FACILITY_KINDS = ("metro_station", "fire_station", "hospital")

Point = tuple[float, float, str]


@dataclass(frozen=True)
class PointClass:
    """How a class of points is drawn: a colour token of the page, a radius at 1080 lines."""

    key: str
    colour: str
    radius: float
    hollow: bool = False


# Bunched and gapped are the two ends of a diverging palette, safe for the colour-blind.
CLASSES: Mapping[str, tuple[PointClass, ...]] = {
    "incidents": tuple(
        PointClass(f"channel.{channel}", colour, 7)
        for channel, colour in (
            ("110", "--transit"),
            ("122", "--watch"),
            ("120", "--health"),
            ("119", "--emergency"),
            ("12350", "--broadband"),
        )
    ),
    "vehicles": (
        PointClass("vehicle.bunched", "--watch", 5.5),
        PointClass("vehicle.regular", "--text", 3.5),
        PointClass("vehicle.gapped", "--broadband", 5.5),
        PointClass("vehicle.unknown", "--secondary", 3.5, hollow=True),
    ),
    **{
        kind: (PointClass(f"facility.{kind}", "--text", 5, hollow=True),) for kind in FACILITY_KINDS
    },
}


def points_router(engine: Engine) -> APIRouter:
    """Return the router of points; `names` are overlays joined by `+`."""
    router = APIRouter(prefix=PREFIX)

    @router.get("/{names}.json")
    def points(names: str, at: AwareDatetime | None = None) -> JSONResponse:
        wanted = names.split("+")
        if not set(wanted) <= set(CLASSES):
            raise HTTPException(404, f"no points are called {names!r}")
        try:
            then = open_as_of(engine, at) if at else engine
        except NotFoundError as error:
            raise HTTPException(404, str(error)) from error
        at = at or now()
        found = [point for name in wanted for point in read_points(then, name, at)]
        return JSONResponse({"now": at.isoformat(), "points": found}, headers=NOT_STORED)

    return router


def read_points(engine: Engine, name: str, at: datetime) -> Iterable[Point]:
    """Return the points of one overlay: longitude, latitude, class."""
    readers: dict[str, Callable[[], Iterable[Point]]] = {
        "incidents": lambda: incident_points(engine, at),
        "vehicles": lambda: vehicle_points(engine, at),
    }
    return readers.get(name, lambda: facility_points(engine, name))()


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
        for row in read_vehicles(engine, at - SHOWN_FOR)
    ]


def facility_points(engine: Engine, kind: str) -> list[Point]:
    """Return the active facilities of one kind."""
    with engine.connect() as connection:
        frame = read_facilities(connection, [kind]).filter("is_active")
    return [
        (round(lon, 5), round(lat, 5), f"facility.{kind}")
        for lon, lat in frame.select("lon", "lat").iter_rows()
    ]


def points_property(names: Iterable[str]) -> dict[str, object] | None:
    """Return the map's `points` property for some overlays, None for none."""
    wanted = list(names)
    if not wanted:
        return None
    at = replayed()
    return {
        "url": f"{PREFIX}/{'+'.join(wanted)}.json" + (f"?at={at:%Y-%m-%dT%H:%M:%SZ}" if at else ""),
        "classes": {
            each.key: {"colour": each.colour, "radius": each.radius, "hollow": each.hollow}
            for name in wanted
            for each in CLASSES[name]
        },
    }
