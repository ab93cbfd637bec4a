import polars as pl
import pytest

from etl.gtfs.csv_text import read_text_table
from etl.gtfs.table import Table
from etl.gtfs.times import complete_times
from etl.gtfs.typed import type_table

# On a meridian, so that degrees are in proportion to metres.
STOPS = pl.DataFrame(
    {"stop_id": ["A", "B", "C", "D"], "stop_lat": [0.0, 1.0, 3.0, 4.0], "stop_lon": [5.0] * 4}
)


def complete(*rows: str, columns: str = "stop_id,arrival_time,departure_time") -> Table:
    header = f"trip_id,stop_sequence,{columns}\n"
    text = header + "".join(f"T,{i},{row}\n" for i, row in enumerate(rows))
    return complete_times(type_table(read_text_table("stop_times.txt", text.encode())), STOPS)


def clock(table: Table) -> list[str]:
    return [f"{s // 3600}:{s // 60 % 60:02}:{s % 60:02}" for s in table.rows["departure_time"]]


def test_blanks_are_shared_by_the_way_from_stop_to_stop() -> None:
    table = complete("A,7:00:00,7:00:00", "B,,", "C,,", "D,7:40:00,7:40:00")
    assert clock(table) == ["7:00:00", "7:10:00", "7:30:00", "7:40:00"]
    assert table.rows["is_estimated"].to_list() == [False, True, True, False]


def test_blanks_follow_the_shape_distance_where_the_whole_trip_has_it() -> None:
    columns = "stop_id,arrival_time,departure_time,shape_dist_traveled"
    table = complete("A,7:00:00,7:00:00,100", "B,,,400", "C,7:10:00,7:10:00,500", columns=columns)
    assert clock(table) == ["7:00:00", "7:07:30", "7:10:00"]


def test_a_gap_in_the_shape_distance_falls_back_to_the_stops() -> None:
    columns = "stop_id,arrival_time,departure_time,shape_dist_traveled"
    table = complete("A,7:00:00,7:00:00,0", "B,,,", "C,7:30:00,7:30:00,9", columns=columns)
    assert clock(table) == ["7:00:00", "7:10:00", "7:30:00"]


def test_a_stay_is_not_travelled_again() -> None:
    table = complete("A,7:00:00,7:20:00", "B,,", "C,7:50:00,7:55:00")
    assert clock(table) == ["7:20:00", "7:30:00", "7:55:00"]
    assert table.rows["arrival_time"][1] == table.rows["departure_time"][1]


def test_stops_at_one_place_share_the_time_evenly() -> None:
    table = complete("A,7:00:00,7:00:00", "A,,", "A,7:10:00,7:10:00")
    assert clock(table) == ["7:00:00", "7:05:00", "7:10:00"]


def test_one_of_two_times_stands_for_both_and_is_not_estimated() -> None:
    table = complete("A,,7:00:00", "B,7:10:00,")
    assert clock(table) == ["7:00:00", "7:10:00"]
    assert not table.rows["is_estimated"].any()


def test_rows_are_put_in_travel_order() -> None:
    text = "trip_id,stop_sequence,stop_id,arrival_time\nT,10,B,7:10:00\nT,2,A,7:00:00\n"
    table = complete_times(type_table(read_text_table("stop_times.txt", text.encode())), STOPS)
    assert table.rows["stop_id"].to_list() == ["A", "B"]
    assert table.faults.is_empty()


def test_blanks_outside_the_timed_rows_are_refused() -> None:
    table = complete("A,,", "B,7:00:00,7:00:00", "C,7:10:00,7:10:00", "D,,")
    reason = "has no timed row before and after it in its trip"
    assert table.faults.drop("code").rows() == [
        (2, "arrival_time", reason),
        (5, "arrival_time", reason),
    ]
    assert clock(table) == ["7:00:00", "7:10:00"]


@pytest.mark.parametrize(
    ("second", "field", "reason"),
    [
        ("B,7:20:00,7:10:00", "departure_time", "is before arrival_time"),
        ("B,6:50:00,7:30:00", "arrival_time", "is before the departure from an earlier stop"),
    ],
)
def test_time_never_runs_back(second: str, field: str, reason: str) -> None:
    table = complete("A,7:00:00,7:00:00", second, "C,7:40:00,7:40:00")
    assert table.faults.drop("code").rows() == [(3, field, reason)]


def test_trips_do_not_lend_each_other_times() -> None:
    text = (
        "trip_id,stop_sequence,stop_id,arrival_time\n"
        "T,1,A,9:00:00\nT,2,D,9:40:00\nU,1,A,7:00:00\nU,2,B,\nU,3,D,7:40:00\n"
    )
    table = complete_times(type_table(read_text_table("stop_times.txt", text.encode())), STOPS)
    assert clock(table)[2:] == ["7:00:00", "7:10:00", "7:40:00"]


@pytest.mark.parametrize(
    ("clocks", "refused"),
    [
        (["7:00:00", "27:05:00", "7:10:00", "7:15:00"], [3]),
        (["27:00:00", "7:05:00", "7:10:00"], [2]),
        (["7:00:00", "7:10:00", "6:10:00", "7:20:00"], [4]),
        (["7:00:00", "8:10:00", "8:20:00", "7:15:00", "7:20:00", "7:30:00"], [3, 4]),
        (["23:50:00", "0:05:00", "0:20:00"], [3, 4]),
        (["23:50:00", "24:05:00", "24:20:00"], []),
        (["9:00:00", "8:00:00"], [3]),
    ],
    ids=["too late", "first too late", "too early", "two", "new day", "over 24 h", "a pair"],
)
def test_a_time_that_fits_nowhere_refuses_its_own_row(
    clocks: list[str], refused: list[int]
) -> None:
    table = complete(*(f"A,{clock},{clock}" for clock in clocks))
    assert table.faults["row_number"].to_list() == refused


def test_a_blank_after_a_misfit_follows_the_times_that_fit() -> None:
    table = complete("A,7:00:00,7:00:00", "B,27:00:00,27:00:00", "C,,", "D,7:40:00,7:40:00")
    assert clock(table) == ["7:00:00", "7:30:00", "7:40:00"]
    assert table.faults["code"].to_list() == ["stop_time_after_following_times"]
