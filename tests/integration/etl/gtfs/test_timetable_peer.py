"""T4 and T5 of Porto Alegre's railway, computed again by plain pandas from the feed's files."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from geodata.queries.timetable import read_segments, read_served


@pytest.fixture(scope="module")
def calls(trial_data: Path) -> pd.DataFrame:
    with zipfile.ZipFile(trial_data / "city_portoalegre" / "poa_trensurb.zip") as archive:
        times = pd.read_csv(archive.open("stop_times.txt"), dtype=str)
        trips = pd.read_csv(archive.open("trips.txt"), dtype=str)
    for name in ("arrival_time", "departure_time"):
        parts = times[name].str.strip().str.split(":", expand=True).astype(int)
        times[name] = parts[0] * 3600 + parts[1] * 60 + parts[2]
    times["stop_sequence"] = times["stop_sequence"].astype(int)
    joined = times.merge(trips[["trip_id", "service_id"]], on="trip_id")
    return joined.sort_values(["trip_id", "stop_sequence"])


@pytest.fixture(scope="module")
def loaded(engine: Engine, load_path, trial_data: Path) -> Engine:
    load_path("trensurb", trial_data / "city_portoalegre" / "poa_trensurb.zip")
    return engine


def test_t4_first_and_last_departures_agree_with_pandas(
    loaded: Engine, calls: pd.DataFrame
) -> None:
    """T4: boardable departures by service, the last call of a trip left out."""
    boarded = calls[calls.duplicated("trip_id", keep="last")]
    with loaded.connect() as connection:
        served = read_served(connection).to_pandas()
    for service, own in boarded.groupby("service_id"):
        found = served[served["service_id"] == service]
        assert found["n"].sum() == len(own)
        assert found["first_s"].min() == own["departure_time"].min()
        assert found["last_s"].max() == own["departure_time"].max()


def test_t5_scheduled_seconds_agree_with_pandas(loaded: Engine, calls: pd.DataFrame) -> None:
    """T5: from the first departure of a trip to its last arrival, dwelling included."""
    by_trip = calls.groupby("trip_id")
    seconds = by_trip["arrival_time"].last() - by_trip["departure_time"].first()
    with loaded.connect() as connection:
        segments = read_segments(connection)
    assert (segments["seconds"] * segments["runs"]).sum() == seconds.sum()
    assert segments["runs"].sum() == len(calls) - by_trip.ngroups
