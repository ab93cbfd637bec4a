"""A vehicle on a run of a trip: its progress, its delay, the stops it has passed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from etl.gtfs_rt.trip_book import Trip

LONGEST_GAP = timedelta(seconds=120)  # METHODS T6
_LEFT_FIRST_STOP_M = 20.0  # a bus that waits at its first stop moves about a little


@dataclass(frozen=True)
class Run:
    """A run of a trip: its service day and, of a repeated trip, its start."""

    trip: Trip
    service_on: date
    start_s: int
    day_start: datetime

    @property
    def key(self) -> tuple[str, date, int]:
        """Return the key that identifies the run."""
        return self.trip.trip_id, self.service_on, self.start_s

    def scheduled_at(self, index: int) -> datetime:
        """Return when the run is scheduled to leave its n-th stop."""
        second = float(self.trip.stops.departure_s[index]) + self.trip.shift_s(self.start_s)
        return self.day_start + timedelta(seconds=second)

    def dwell(self, index: int) -> timedelta:
        """Return for how long the run is scheduled to stand at its n-th stop."""
        stops = self.trip.stops
        return timedelta(seconds=float(stops.departure_s[index] - stops.arrival_s[index]))

    def second(self, at: datetime) -> float:
        """Return an instant as seconds of the trip's own stop times."""
        return (at - self.day_start).total_seconds() - self.trip.shift_s(self.start_s)

    def expected_m(self, at: datetime) -> float:
        """Return where on its line the run should be by the timetable."""
        stops = self.trip.stops
        return float(np.interp(self.second(at), stops.departure_s, stops.at_m))

    def deviation_s(self, progress_m: float, at: datetime) -> float:
        """Return the delay against the timetable at a place; negative if early."""
        stops = self.trip.stops
        return self.second(at) - float(np.interp(progress_m, stops.at_m, stops.departure_s))

    def last_stop(self, progress_m: float) -> int | None:
        """Return the index of the last stop that it has passed."""
        passed = int((self.thresholds_m() <= progress_m).sum())
        return passed - 1 if passed else None

    def thresholds_m(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Return the distance from which on each stop counts as passed."""
        left = self.trip.stops.at_m.copy()
        left[0] += _LEFT_FIRST_STOP_M
        return left


@dataclass(frozen=True)
class Seen:
    """A vehicle on its run at an instant."""

    at: datetime
    progress_m: float


def passages(run: Run, before: Seen, now: Seen) -> Iterator[tuple[int, datetime]]:
    """Return index and time of the stops passed between two fixes, if these are close enough.

    The time is interpolated by distance. Fixes more than two minutes apart give no times.
    """
    elapsed = now.at - before.at
    if not timedelta(0) < elapsed <= LONGEST_GAP or now.progress_m <= before.progress_m:
        return
    left = run.thresholds_m()
    for index in np.flatnonzero((left > before.progress_m) & (left <= now.progress_m)):
        share = (float(left[index]) - before.progress_m) / (now.progress_m - before.progress_m)
        yield int(index), before.at + share * elapsed
