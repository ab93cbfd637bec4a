"""Made-up points and incidents around the city's centre, the same in every run."""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from etl.batch import X, Y
from etl.transform.locate import Locator, assign_cell, assign_district
from geodata.city.configuration import City

Floats = npt.NDArray[np.float64]
FIRST = datetime(2026, 9, 30, 16, tzinfo=UTC)
DAYS = 31
_CENTRES = 300
_ADDRESSES = 20_000


def make_points(city: City, count: int) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes: calls come from addresses, few of them from most.

    Addresses lie around a few hundred centres, most of these in the middle of the city; a handful
    is beyond the boundaries. How often one calls falls off like the inverse of its rank.
    """
    rng = np.random.default_rng(20141101)
    centre = rng.normal((city.camera.lon, city.camera.lat), (0.25, 0.2), (_CENTRES, 2))
    home = rng.integers(0, _CENTRES, _ADDRESSES)
    address = rng.normal(centre[home], (0.02, 0.015))
    weight = 1 / np.arange(10, _ADDRESSES + 10)
    chosen = address[rng.choice(_ADDRESSES, count, p=weight / weight.sum())]
    # a phone's place is not exact: within some ten metres
    lon, lat = (chosen + rng.normal(0, 0.0002, (count, 2))).T
    return np.ascontiguousarray(lon), np.ascontiguousarray(lat)


def make_incidents(city: City, locator: Locator, count: int) -> pl.DataFrame:
    """Return incidents of a month, placed, as the loader hands them to the database."""
    rng = np.random.default_rng(7)
    channels = [channel.key for channel in city.channels]
    lon, lat = make_points(city, count)
    seconds = rng.integers(0, DAYS * 86_400, count)
    number = pl.int_range(count, eager=True).cast(pl.String)
    frame = pl.DataFrame(
        {
            "record_id": number,
            "event_id": number,
            "channel": np.array(channels)[rng.integers(0, len(channels), count)],
            "address": "人民大街" + number,
            "received_at": pl.Series(seconds) * timedelta(seconds=1) + FIRST,
            "closed_at": pl.Series(seconds + 3600) * timedelta(seconds=1) + FIRST,
            "original_lon": lon,
            "original_lat": lat,
            X: lon,
            Y: lat,
        }
    )
    return assign_district(assign_cell(frame), locator, "city")


def with_next_month(incidents: pl.DataFrame) -> pl.DataFrame:
    """Add a call of the month that follows: only a month that is over is published."""
    later = FIRST + timedelta(days=DAYS, hours=1)
    last = incidents.tail(1).with_columns(
        record_id=pl.lit("next month"),
        event_id=pl.lit("next month"),
        received_at=pl.lit(later).cast(incidents.schema["received_at"]),
        closed_at=pl.lit(later + timedelta(hours=1)).cast(incidents.schema["closed_at"]),
    )
    return pl.concat([incidents, last])
