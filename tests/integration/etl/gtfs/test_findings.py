"""Every one-fault feed gives findings that name its fault: what, how grave, file, row, field."""

from datetime import date
from pathlib import Path

import pytest

from etl.gtfs.feed import read_feed
from etl.ledger.findings import FaultyFileError, Finding
from etl.source.file import SourceFile

pytestmark = pytest.mark.realdata
TODAY = date(2026, 11, 22)

# feed: what was done to it (its name says it), as severity, code, file, row, field.
# Of the feeds without a fault their calendar is over; every one of them ended years ago.
OVER = ("warning", "expired_calendar", "calendar.txt", 2, "end_date")
OVER_DATES = ("warning", "expired_calendar", "calendar_dates.txt", 2, "date")
REFUSED = {
    "cutr_badgtfs.zip": ("error", "missing_required_file", "agency.txt", None, None),
    "tidytransit_sample-feed-invalid.zip": (
        "error", "missing_required_file", "stop_times.txt", None, None,
    ),
    "transitfeed/au-sydney-entrances": (
        "error", "missing_required_file", "routes.txt", None, None,
    ),
    "transitfeed/bad_utf8": ("error", "invalid_character", "agency.txt", 2, None),
    "transitfeed/empty_file": ("error", "empty_file", "agency.txt", 1, None),
    "transitfeed/missing_agency": ("error", "missing_required_file", "agency.txt", None, None),
    "transitfeed/missing_calendar": (
        "error", "missing_calendar_and_calendar_date_files", "calendar.txt", None, None,
    ),
    "transitfeed/missing_routes": ("error", "missing_required_file", "routes.txt", None, None),
    "transitfeed/missing_stop_times": (
        "error", "missing_required_file", "stop_times.txt", None, None,
    ),
    "transitfeed/missing_stops": ("error", "missing_required_file", "stops.txt", None, None),
    "transitfeed/missing_trips": ("error", "missing_required_file", "trips.txt", None, None),
    "transitfeed/missing_weekday_column": (
        "error", "missing_required_column", "calendar.txt", 1, "thursday",
    ),
    "transitfeed/one_line.kml": ("error", "i_o_error", "one_line.kml", None, None),
    "transitfeed/one_stop.kml": ("error", "i_o_error", "one_stop.kml", None, None),
    "transitfeed/unknown_format.zip": ("error", "i_o_error", "unknown_format.zip", None, None),
    "transitfeed/upgrade_translations": (
        "error", "missing_required_file", "routes.txt", None, None,
    ),
    "transitfeed/utf16": ("error", "invalid_character", "agency.txt", 1, None),
}  # fmt: skip
LOADED = {
    "tidytransit_locations_feed.zip": (
        "info", "on_demand_service", "stop_times.txt", 2, "start_pickup_drop_off_window",
    ),
    "tidytransit_routing-NA-times.zip": (
        "error", "stop_time_with_only_arrival_or_departure_time", "stop_times.txt", 5,
        "departure_time",
    ),
    "tidytransit_sample-feed-bom.zip": ("info", "byte_order_mark", "agency.txt", 1, None),
    "tidytransit_sample-feed-calendar_dates.zip": OVER_DATES,
    "transitfeed/bad_date_format": ("error", "invalid_date", "calendar.txt", 2, "start_date"),
    "transitfeed/bad_eol.zip": ("info", "irregular_line_ends", "calendar.txt", None, None),
    "transitfeed/contains_null": ("error", "invalid_character", "stops.txt", 9, None),
    "transitfeed/duplicate_schedule_id": (
        "error", "duplicate_key", "calendar.txt", 4, "service_id",
    ),
    "transitfeed/duplicate_stop": ("warning", "stops_too_close", "stops.txt", 5, "stop_lat"),
    "transitfeed/duplicate_stop_sequence": (
        "error", "duplicate_key", "stop_times.txt", 4, "stop_sequence",
    ),
    "transitfeed/extra_row_cells": ("error", "invalid_row_length", "routes.txt", 4, None),
    "transitfeed/filter_unusual_trips": OVER,
    "transitfeed/flatten_feed": OVER,
    "transitfeed/good_feed": OVER,
    "transitfeed/good_feed.zip": OVER,
    "transitfeed/googletransit": (
        "error", "invalid_input_files_in_subfolder", "good_feed/agency.txt", None, None,
    ),
    "transitfeed/invalid_agency_ids": (
        "error", "missing_required_field", "agency.txt", 3, "agency_id",
    ),
    "transitfeed/invalid_route_agency": (
        "error", "foreign_key_violation", "routes.txt", 4, "agency_id",
    ),
    "transitfeed/missing_column": (
        "error", "missing_required_column", "agency.txt", 1, "agency_name",
    ),
    "transitfeed/missing_departure_time": (
        "error", "stop_time_with_only_arrival_or_departure_time", "stop_times.txt", 3,
        "departure_time",
    ),
    "transitfeed/missing_endpoint_times": (
        "error", "missing_trip_edge", "stop_times.txt", 16, "arrival_time",
    ),
    "transitfeed/missing_row_cells": ("error", "invalid_row_length", "routes.txt", 4, None),
    "transitfeed/negative_stop_sequence": (
        "error", "number_out_of_range", "stop_times.txt", 9, "stop_sequence",
    ),
    "transitfeed/only_calendar_dates": OVER_DATES,
    "transitfeed/repeated_route_name": (
        "warning", "duplicate_route_name", "routes.txt", 5, "route_long_name",
    ),
    "transitfeed/same_short_long_name": (
        "warning", "route_long_name_contains_short_name", "routes.txt", 5, "route_long_name",
    ),
    "transitfeed/undefined_stop": (
        "error", "foreign_key_violation", "stop_times.txt", 11, "stop_id",
    ),
    "transitfeed/unknown_file": ("info", "unknown_file", "frecuencias.txt", None, None),
    "transitfeed/unrecognized_columns": (
        "info", "unknown_column", "agency.txt", 1, "agency_lange",
    ),
    "transitfeed/unused_stop": (
        "warning", "stop_without_stop_time", "stops.txt", 6, "stop_id",
    ),
    "transitfeed/utf8bom": ("info", "byte_order_mark", "stops.txt", 1, None),
}  # fmt: skip


@pytest.fixture
def bad(trial_data: Path) -> Path:
    return trial_data / "transit" / "bad"


def _told(findings: tuple[Finding, ...]) -> set[tuple[object, ...]]:
    return {(f.severity, f.code, f.file, f.row_number, f.field) for f in findings}


@pytest.mark.parametrize("feed", REFUSED)
def test_a_refused_feed_names_its_fault(bad: Path, feed: str) -> None:
    with pytest.raises(FaultyFileError) as refusal:
        read_feed(SourceFile.at(bad / feed), TODAY)
    assert REFUSED[feed] in _told(refusal.value.findings)


@pytest.mark.parametrize("feed", LOADED)
def test_a_loaded_feed_names_its_fault(bad: Path, feed: str) -> None:
    read = read_feed(SourceFile.at(bad / feed), TODAY)
    assert LOADED[feed] in _told(read.findings)
    assert all(each.message_zh and each.message_en for each in read.findings)


def test_every_feed_of_the_folder_is_expected(bad: Path) -> None:
    feeds = {path.name for path in bad.glob("*.zip")}
    feeds |= {f"transitfeed/{path.name}" for path in (bad / "transitfeed").iterdir()}
    assert feeds == REFUSED.keys() | LOADED.keys()
