"""Stop events of live runs: observed or cancelled departures, written once they are final."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl

from etl.batch import ROW, X, Y
from etl.gtfs_rt.runs import Run

_TIME = pl.Datetime("us", "UTC")
SCHEMA = pl.Schema(
    {
        ROW: pl.Int64(), "service_on": pl.Date(), "trip_id": pl.String(), "start_s": pl.Int64(),
        "stop_sequence": pl.Int64(), "stop_id": pl.String(), "route_id": pl.String(),
        "direction_id": pl.Int64(), "vehicle_id": pl.String(), "scheduled_at": _TIME,
        "observed_at": _TIME, "is_timepoint": pl.Boolean(), "is_schedule_based": pl.Boolean(),
        "is_cancelled": pl.Boolean(), "reported_by": pl.String(), X: pl.Float64(), Y: pl.Float64(),
        "original_lon": pl.Float64(), "original_lat": pl.Float64(), "datum": pl.String(),
    }
)  # fmt: skip


@dataclass(frozen=True)
class StopEvent:
    """A stop of a run that was served at an instant, was cancelled, or was not seen.

    `reported_by` is the kind of feed, None for what the program concludes from silence.
    """

    row: int  # of the message
    run: Run
    index: int  # of the stop in the trip
    vehicle_id: str | None
    observed_at: datetime | None
    is_cancelled: bool = False
    reported_by: Literal["positions", "trip_updates"] | None = None

    def values(self) -> tuple[object, ...]:
        """Return a row of `SCHEMA`."""
        trip, stops = self.run.trip, self.run.trip.stops
        return (
            self.row, self.run.service_on, trip.trip_id, self.run.start_s,
            int(stops.sequence[self.index]), stops.stop_id[self.index], trip.route_id,
            trip.direction_id, self.vehicle_id, self.run.scheduled_at(self.index),
            self.observed_at, True, trip.is_exact, self.is_cancelled,
            self.reported_by, float(stops.lon[self.index]), float(stops.lat[self.index]),
            *stops.given[self.index],
        )  # fmt: skip
