from datetime import date

import polars as pl
import pytest

from etl.gtfs.csv_text import read_text_table
from etl.gtfs.table import Table
from etl.gtfs.typed import seconds, type_table
from geodata.errors import ExtractError


def typed(file: str, text: str) -> Table:
    return type_table(read_text_table(file, text.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00:00", 0),
        ("7:05:09", 25_509),
        ("24:30:00", 88_200),
        ("30:46:00", 110_760),
        ("7:5:00", None),
        ("07:60:00", None),
        ("7:05", None),
        ("-1:00:00", None),
        ("NA", None),
        ("０７:10:00", None),
        ("07:10:٠٩", None),
    ],
)
def test_times_count_seconds_and_hours_may_exceed_23(text: str, expected: int | None) -> None:
    assert pl.DataFrame({"t": [text]}).select(seconds("t")).item() == expected


def test_missing_optional_columns_are_null_and_ids_stay_text() -> None:
    stops = typed("stops.txt", "stop_id,stop_lat,stop_lon\n007,1,2\n").rows
    assert stops["stop_id"].to_list() == ["007"]
    assert stops["parent_station"].to_list() == [None]


def test_a_missing_required_column_names_file_and_column() -> None:
    with pytest.raises(ExtractError, match=r"calendar\.txt: column thursday is missing"):
        typed(
            "calendar.txt",
            "service_id,monday,tuesday,wednesday,friday,saturday,sunday,start_date,end_date\n",
        )


@pytest.mark.parametrize(
    ("file", "text", "field", "reason"),
    [
        ("routes.txt", "route_id,route_type\nA,bus\n", "route_type", "is not a whole number"),
        ("routes.txt", "route_id,route_type\nA,\n", "route_type", "is blank"),
        ("routes.txt", "route_id,route_type\n,3\n", "route_id", "is blank"),
        ("stops.txt", "stop_id,stop_lat,stop_lon\nA,91,0\n", "stop_lat", "is above 90"),
        ("stops.txt", "stop_id,stop_lat,stop_lon\nA,1,-181\n", "stop_lon", "is below -180"),
        ("stops.txt", "stop_id,stop_lat,stop_lon\nA,nan,1\n", "stop_lat", "is not a number"),
        (
            "calendar_dates.txt",
            "service_id,date,exception_type\nA,2026-12-01,1\n",
            "date",
            "is not a date YYYYMMDD",
        ),
        (
            "calendar_dates.txt",
            "service_id,date,exception_type\nA,20261201,3\n",
            "exception_type",
            "is not one of 1, 2",
        ),
        (
            "stop_times.txt",
            "trip_id,stop_sequence,arrival_time\nT,1,7.30\n",
            "arrival_time",
            "is not a time H:MM:SS",
        ),
        ("stop_times.txt", "trip_id,stop_sequence\nT,-1\n", "stop_sequence", "is below 0"),
        (
            "frequencies.txt",
            "trip_id,start_time,end_time,headway_secs\nT,7:00:00,8:00:00,0\n",
            "headway_secs",
            "is below 1",
        ),
    ],
)
def test_a_bad_cell_refuses_its_row_with_field_and_reason(
    file: str, text: str, field: str, reason: str
) -> None:
    table = typed(file, text)
    assert table.rows.is_empty()
    assert table.faults.drop("code").rows() == [(2, field, reason)]


def test_a_bad_optional_cell_counts_as_blank_where_nothing_depends_on_it() -> None:
    table = typed("stop_times.txt", "trip_id,stop_sequence,shape_dist_traveled\nT,1,far\nT,2,1\n")
    assert table.rows["shape_dist_traveled"].to_list() == [None, 1.0]
    (note,) = table.notes
    assert (note.code, note.row_number, note.field, note.rows) == (
        "invalid_float", 2, "shape_dist_traveled", 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "text", "field", "code"),
    [
        ("trips.txt", "trip_id,route_id,service_id,direction_id\nT,R,S,2\n", "direction_id",
         "unexpected_enum_value"),
        ("stop_times.txt", "trip_id,stop_sequence,pickup_type\nT,1,none\n", "pickup_type",
         "invalid_integer"),
        ("stop_times.txt", "trip_id,stop_sequence,arrival_time,departure_time\nT,1,7:00,7:00:00\n",
         "arrival_time", "invalid_time"),
        ("feed_info.txt", "feed_publisher_name,feed_start_date\nP,01/12/2026\n",
         "feed_start_date", "invalid_date"),
        ("frequencies.txt",
         "trip_id,start_time,end_time,headway_secs,exact_times\nT,7:00:00,8:00:00,60,7\n",
         "exact_times", "unexpected_enum_value"),
    ],
)  # fmt: skip
def test_an_optional_cell_that_cannot_be_read_costs_the_field(
    file: str, text: str, field: str, code: str
) -> None:
    table = typed(file, text)
    assert table.rows[field].to_list() == [None]
    assert table.faults.is_empty()
    assert [(note.code, note.row_number, note.field) for note in table.notes] == [(code, 2, field)]


@pytest.mark.parametrize("day", ["00000101", "2026112", "２０２６１１２７", "+2026112", "20261131"])
def test_a_cell_that_is_no_date_costs_its_row_alone(day: str) -> None:
    text = f"service_id,date,exception_type\nW,{day},1\nW,20261128,1\nW,99991231,1\n"
    table = typed("calendar_dates.txt", text)
    assert table.rows["date"].to_list() == [date(2026, 11, 28), date(9999, 12, 31)]
    assert table.faults.select("row_number", "field").rows() == [(2, "date")]


def test_the_first_of_equal_keys_stands() -> None:
    table = typed("routes.txt", "route_id,route_type\nA,3\nB,3\nA,2\n")
    assert table.rows["route_type"].to_list() == [3, 3]
    assert table.faults.drop("code").rows() == [(4, "route_id", "repeats an earlier route_id")]


def test_two_agencies_without_an_id_cannot_be_told_apart() -> None:
    table = typed("agency.txt", "agency_timezone\nAsia/Tokyo\nAsia/Tokyo\n")
    assert table.rows.height == 1
