"""`/live/vehicles` and `/live/sources`: the vehicles and the live sources as JSON."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from geodata.clock import now
from geodata.database.handle import Engine
from geodata.queries.live import read_sources_freshness, read_vehicles

SHOWN_FOR = timedelta(minutes=3)  # older positions are no longer shown
NOT_STORED = {"Cache-Control": "no-store"}
BUNCHED, GAPPED = 0.25, 1.75  # METHODS T7: bunched below a quarter of the scheduled headway


def vehicles_router(engine: Engine) -> APIRouter:
    """Return the router of vehicles and sources."""
    router = APIRouter(prefix="/live")

    @router.get("/vehicles")
    def vehicles() -> JSONResponse:
        at = now()
        rows = read_vehicles(engine, at, SHOWN_FOR)
        content = {"now": at.isoformat(), "vehicles": [_vehicle(row) for row in rows]}
        return JSONResponse(content, headers=NOT_STORED)

    @router.get("/sources")
    def sources() -> JSONResponse:
        at = now()
        rows = [
            {
                "source": each.source,
                "kind": each.kind,
                "last_event_at": each.last_event_at and each.last_event_at.isoformat(),
                "lag_s": None if each.lag is None else round(each.lag.total_seconds()),
                "expected_s": each.expected.total_seconds(),
                "state": each.state,
            }
            for each in read_sources_freshness(engine, at)
        ]
        return JSONResponse({"now": at.isoformat(), "sources": rows}, headers=NOT_STORED)

    return router


def _vehicle(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one bus, rounded, with its state by headway adherence."""
    return {
        "id": row["vehicle_id"],
        "at": row["recorded_at"].isoformat(),
        "lon": round(row["lon"], 5),
        "lat": round(row["lat"], 5),
        "bearing": row["bearing_deg"],
        "route": row["route_id"],
        "direction": row["direction_id"],
        "trip": row["trip_id"],
        "deviation_s": _whole(row["deviation_s"]),
        "headway_s": _whole(row["headway_s"]),
        "scheduled_headway_s": _whole(row["scheduled_headway_s"]),
        "state": adherence(row["headway_s"], row["scheduled_headway_s"]),
    }


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def adherence(headway_s: float | None, scheduled_s: float | None) -> str:
    """Return `bunched`, `regular`, `gapped`, or `unknown` where no headway was observed."""
    if headway_s is None or not scheduled_s or scheduled_s <= 0:
        return "unknown"
    ratio = headway_s / scheduled_s
    if ratio < BUNCHED:
        return "bunched"
    return "gapped" if ratio > GAPPED else "regular"
