"""Every real feed: rows in = loaded + refused, the refused explained, counts by another path."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import gtfs_kit
import polars as pl
import pytest
from sqlalchemy import Engine, text

from etl.gtfs.expand import compute_departures, compute_runs
from etl.gtfs.feed import read_feed
from etl.gtfs.fields import FILES
from etl.pipeline.run import load_source
from etl.source.file import SourceFile
from geodata.city.configuration import City

pytestmark = pytest.mark.realdata

ON_DEMAND = "on demand (GTFS-Flex): no scheduled departure"
# feed: rows refused by reason, stop times interpolated
FEEDS: dict[str, tuple[dict[str, int], int]] = {
    "transit/gtfs/berlin_vbb_de.zip": ({}, 0),
    "transit/gtfs/cairns_translink_au.zip": ({}, 65),
    "transit/gtfs/cdmx_metrobus_mx.zip": ({}, 0),
    "transit/gtfs/ctran_flex_us.zip": ({ON_DEMAND: 2778}, 0),
    "transit/gtfs/kaunas_lt.zip": ({}, 0),
    "transit/gtfs/kobe_subway_jp.zip": ({}, 0),
    "transit/gtfs/okayama_gtfs_jp.zip": ({}, 0),
    "transit/gtfs/raba_redding_us.zip": ({}, 66),
    "city_portoalegre/poa_eptc.zip": ({}, 125_271),
    "city_portoalegre/poa_trensurb.zip": ({}, 0),
    "city_saopaulo/spo.zip": (
        {"repeats an earlier agency_id": 1, "repeats an earlier service_id": 6},
        0,
    ),
}


def rows_of(path: Path) -> int:
    """Count the rows of the files used, by the standard library."""
    total = 0
    with zipfile.ZipFile(path) as archive:
        for name in FILES:
            if name in archive.namelist():
                content = archive.read(name).decode("utf-8-sig")
                total += sum(1 for row in csv.reader(io.StringIO(content)) if any(row)) - 1
    return total


def count(engine: Engine, query: str, source: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(query), {"source": source}).scalar_one())


@pytest.mark.parametrize("feed", FEEDS)
def test_every_row_is_loaded_or_refused(
    engine: Engine, city: City, trial_data: Path, declare_feed, feed: str
) -> None:
    refused, estimated = FEEDS[feed]
    path = trial_data / feed
    key = path.stem
    declaration = declare_feed(key, path, expand={"days": 1})
    (result,) = load_source(engine, city, declaration, path).files
    assert result.message is None
    assert result.rows_in == rows_of(path)
    assert result.rows_in == result.rows_loaded + result.rows_rejected
    reasons = "SELECT count(*) FROM ops.rejected_row JOIN ops.load USING (load_id)"
    assert result.rows_rejected == sum(refused.values())
    for reason, number in refused.items():
        query = f"{reasons} WHERE source = :source AND reason = '{reason}' AND raw IS NOT NULL"
        assert count(engine, query, key) == number
    blanks = "SELECT count(*) FROM ops.gtfs_stop_time WHERE source = :source AND is_estimated"
    assert count(engine, blanks, key) == estimated


@pytest.mark.filterwarnings("ignore")  # a library's own
@pytest.mark.parametrize(
    ("feed", "day"),
    [
        ("transit/gtfs/cairns_translink_au.zip", date(2014, 6, 2)),
        ("transit/gtfs/cairns_translink_au.zip", date(2014, 6, 9)),
        ("transit/gtfs/kobe_subway_jp.zip", date(2017, 11, 11)),
        ("city_portoalegre/poa_eptc.zip", date(2019, 5, 1)),
    ],
)
def test_trips_per_stop_equal_those_of_another_library(
    trial_data: Path, feed: str, day: date
) -> None:
    path = trial_data / feed
    theirs = gtfs_kit.read_feed(path, dist_units="km")
    trips = theirs.get_trips(day.strftime("%Y%m%d"))
    calls = theirs.stop_times.merge(trips[["trip_id"]], on="trip_id")
    expected = calls.groupby("stop_id")["trip_id"].nunique().to_dict()

    ours = read_feed(SourceFile.at(path), day)
    stop_times = ours.rows("stop_times.txt")
    days = ours.service_days.filter(pl.col("service_on") == day)
    runs = compute_runs("x", ours.rows("trips.txt"), stop_times, None, days)
    departures = compute_departures(runs, stop_times, [day], ours.timezone)
    found = departures.group_by("stop_id").agg(pl.col("run_id").n_unique())
    assert len(expected) > 10
    assert dict(found.iter_rows()) == expected
