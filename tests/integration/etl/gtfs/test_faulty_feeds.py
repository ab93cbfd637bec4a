"""One-fault feeds: what is sound is loaded or the feed is refused in words, never a traceback."""

from datetime import date
from pathlib import Path

import pytest

from etl.gtfs.feed import read_feed
from etl.source.file import SourceFile
from geodata.errors import OperationsError

pytestmark = pytest.mark.realdata
TODAY = date(2026, 11, 22)

REFUSED = {
    "cutr_badgtfs.zip": "no GTFS table",
    "tidytransit_sample-feed-invalid.zip": "stop_times.txt is missing",
    "transitfeed/bad_utf8": "agency.txt: no agency is left: not valid UTF-8",
    "transitfeed/empty_file": "agency.txt: empty, it has no header",
    "transitfeed/missing_agency": "agency.txt is missing",
    "transitfeed/missing_calendar": "neither calendar.txt nor calendar_dates.txt",
    "transitfeed/missing_routes": "routes.txt is missing",
    "transitfeed/missing_stop_times": "stop_times.txt is missing",
    "transitfeed/missing_stops": "stops.txt is missing",
    "transitfeed/missing_trips": "trips.txt is missing",
    "transitfeed/missing_weekday_column": "calendar.txt: column thursday is missing",
    "transitfeed/unknown_format.zip": "not a readable zip",
    "transitfeed/one_line.kml": "not a readable zip",
    "transitfeed/utf16": "agency.txt: encoded in UTF-16; GTFS requires UTF-8",
}
# feed: the first fault of each file it has one in
FAULTS = {
    "tidytransit_locations_feed.zip": {"stop_times.txt": (2, "start_pickup_drop_off_window")},
    "tidytransit_routing-NA-times.zip": {},
    "tidytransit_sample-feed-bom.zip": {},
    "transitfeed/bad_eol.zip": {},
    "transitfeed/bad_date_format": {
        "calendar.txt": (2, "start_date"),
        "calendar_dates.txt": (2, "date"),
        "trips.txt": (2, "service_id"),
        "stop_times.txt": (2, "trip_id"),
    },
    "transitfeed/contains_null": {"stops.txt": (9, None), "stop_times.txt": (8, "stop_id")},
    "transitfeed/duplicate_schedule_id": {"calendar.txt": (4, "service_id")},
    "transitfeed/duplicate_stop_sequence": {"stop_times.txt": (4, "stop_sequence")},
    "transitfeed/extra_row_cells": {},
    "transitfeed/googletransit": {},
    "transitfeed/missing_endpoint_times": {"stop_times.txt": (16, "arrival_time")},
    "transitfeed/negative_stop_sequence": {"stop_times.txt": (9, "stop_sequence")},
    "transitfeed/only_calendar_dates": {},
    "transitfeed/undefined_stop": {"stop_times.txt": (11, "stop_id")},
    "transitfeed/unrecognized_columns": {},
    "transitfeed/utf8bom": {},
}


@pytest.fixture
def bad(trial_data: Path) -> Path:
    return trial_data / "transit" / "bad"


@pytest.mark.parametrize("feed", REFUSED)
def test_an_unusable_feed_is_refused_with_the_file_named(bad: Path, feed: str) -> None:
    with pytest.raises(OperationsError) as refusal:
        read_feed(SourceFile.at(bad / feed), TODAY)
    assert REFUSED[feed] in str(refusal.value)


@pytest.mark.parametrize("feed", FAULTS)
def test_a_fault_costs_its_rows_only(bad: Path, feed: str) -> None:
    read = read_feed(SourceFile.at(bad / feed), TODAY)
    found = {
        table.file: table.faults.select("row_number", "field").row(0)
        for table in read.tables.values()
        if table.faults.height
    }
    assert found == FAULTS[feed]


def test_no_feed_at_all_ends_in_a_traceback(bad: Path) -> None:
    feeds = [*bad.glob("*.zip"), *(bad / "transitfeed").iterdir()]
    verdicts = [_verdict(feed) for feed in feeds]
    assert len(feeds) > 40
    assert all(verdicts)


def _verdict(feed: Path) -> str:
    """Say why a feed is refused, or how many of its rows are sound."""
    try:
        read = read_feed(SourceFile.at(feed), TODAY)
    except OperationsError as refusal:
        return str(refusal)
    return f"{read.rows_loaded} of {read.rows_in}" if read.rows_loaded else ""
