"""Made-up points and incidents around the city's centre, the same in every run."""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from etl.place import Locator, X, Y, assign_cell, assign_district
from geodata.city import City

Floats = npt.NDArray[np.float64]
FIRST = datetime(2026, 9, 30, 16, tzinfo=UTC)
DAYS = 31
_CHANNELS = ("110", "119", "120", "122")


def make_points(city: City, count: int) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes: dense in the middle, some beyond the boundaries."""
    rng = np.random.default_rng(20141101)
    lon = rng.normal(city.camera.lon, 0.5, count)
    return lon, rng.normal(city.camera.lat, 0.4, count)


def make_incidents(city: City, locator: Locator, count: int) -> pl.DataFrame:
    """Return incidents of a month, placed, as the loader hands them to the database."""
    rng = np.random.default_rng(7)
    lon, lat = make_points(city, count)
    seconds = rng.integers(0, DAYS * 86_400, count)
    number = pl.int_range(count, eager=True).cast(pl.String)
    frame = pl.DataFrame(
        {
            "record_id": number,
            "event_id": number,
            "channel": np.array(_CHANNELS)[rng.integers(0, len(_CHANNELS), count)],
            "address": "人民大街" + number,
            "received_at": pl.Series(seconds) * timedelta(seconds=1) + FIRST,
            "original_lon": lon,
            "original_lat": lat,
            X: lon,
            Y: lat,
        }
    )
    return assign_district(assign_cell(frame), locator)
