from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from etl.gtfs.expand import compute_departures, compute_runs
from etl.gtfs.feed import Feed, read_feed
from etl.source.file import SourceFile

DATES = [date(2026, 12, day) for day in range(1, 32)]


def expand(feed: Feed, dates: list[date] = DATES) -> pl.DataFrame:
    days = feed.service_days.filter(pl.col("service_on").is_in(dates))
    frequencies = feed.tables.get("frequencies.txt")
    runs = compute_runs(
        "m",
        feed.rows("trips.txt"),
        feed.rows("stop_times.txt"),
        frequencies.rows if frequencies else None,
        days,
    )
    return compute_departures(runs, feed.rows("stop_times.txt"), dates, feed.timezone)


def starts(departures: pl.DataFrame, stop: str, day: date) -> list[str]:
    local = departures.filter(pl.col("stop_id") == stop).with_columns(
        pl.col("departs_at").dt.convert_time_zone("Asia/Shanghai")
    )
    chosen = local.filter(pl.col("departs_at").dt.date() == day).sort("departs_at")
    return chosen["departs_at"].dt.strftime("%H:%M").to_list()


def test_a_time_past_24_h_is_the_next_calendar_day(mini: Feed) -> None:
    night = expand(mini).filter(
        (pl.col("trip_id") == "TN") & (pl.col("stop_id") == "S1"),
        pl.col("service_on") == date(2026, 12, 1),
    )
    assert night["departs_at"].to_list() == [datetime(2026, 12, 1, 16, 30, tzinfo=UTC)]


def test_frequencies_run_from_start_to_before_end_and_the_template_does_not(mini: Feed) -> None:
    assert starts(expand(mini), "S1", date(2026, 12, 1)) == [
        "07:00", "07:20", "07:50", "09:00", "09:20", "09:40",
    ]  # fmt: skip


def test_exceptions_take_days_away_and_add_them(mini: Feed) -> None:
    departures = expand(mini)
    assert starts(departures, "S1", date(2026, 12, 25)) == ["00:30", "07:05"]
    assert starts(departures, "S1", date(2026, 12, 26))[0] == "07:00"
    assert starts(departures, "S1", date(2026, 12, 27)) == ["00:30"]


def test_nobody_boards_at_the_terminal(mini: Feed) -> None:
    boardable = expand(mini).group_by("stop_id").agg(pl.col("is_boardable").any())
    assert dict(boardable.iter_rows()) == {"S1": True, "S2": True, "S3": False}


def test_only_the_interpolated_departure_is_estimated(mini: Feed) -> None:
    tuesday = expand(mini, [date(2026, 12, 1)])
    estimated = tuesday.filter("is_estimated").select("trip_id", "stop_id")
    assert estimated.rows() == [("T1", "S2")]


def test_inexact_frequencies_are_estimated_everywhere(make_feed: Callable[..., Path]) -> None:
    inexact = "trip_id,start_time,end_time,headway_secs\nTF,09:00:00,10:00:00,1200\n"
    feed = read_feed(SourceFile.at(make_feed({"frequencies.txt": inexact})), DATES[0])
    runs = expand(feed, [date(2026, 12, 1)]).filter(pl.col("trip_id") == "TF")
    assert runs["is_estimated"].to_list() == [True] * 9
    assert runs.height == 9


def test_offsets_count_from_the_first_departure_of_the_template(
    make_feed: Callable[..., Path],
) -> None:
    times = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + "".join(
        f"TF,06:{m:02}:00,06:{m + 2:02}:00,{s},{i}\n"
        for i, (m, s) in enumerate([(0, "S1"), (10, "S2"), (20, "S3")])
    )
    feed = read_feed(SourceFile.at(make_feed({"stop_times.txt": times})), DATES[0])
    assert starts(expand(feed), "S1", date(2026, 12, 1)) == ["09:00", "09:20", "09:40"]
    assert starts(expand(feed), "S2", date(2026, 12, 1)) == ["09:10", "09:30", "09:50"]


def test_a_run_is_one_trip_on_one_day_or_one_start_and_its_id_is_stable(mini: Feed) -> None:
    departures = expand(mini, [date(2026, 12, 1), date(2026, 12, 2)])
    runs = departures.select("run_id", "service_on", "trip_id").unique()
    assert departures["run_id"].n_unique() == 14
    assert runs.filter(pl.col("trip_id") == "TF").height == 6
    first = departures.filter(
        (pl.col("trip_id") == "T1") & (pl.col("service_on") == date(2026, 12, 1))
    )
    assert first["run_id"].unique().to_list() == [-419455402192545890]


@pytest.mark.parametrize(
    ("day", "clock"), [(date(2026, 3, 29), "00:00"), (date(2026, 10, 25), "02:00")]
)
def test_a_service_day_counts_from_noon_minus_12_h_when_clocks_change(
    make_feed: Callable[..., Path], day: date, clock: str
) -> None:
    path = make_feed(
        {
            "agency.txt": "agency_id,agency_timezone\nM,Europe/Berlin\n",
            "calendar.txt": None,
            "calendar_dates.txt": f"service_id,date,exception_type\nWD,{day:%Y%m%d},1\n",
            "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
            "T1,01:00:00,01:00:00,S1,1\nT1,1:10:00,1:10:00,S3,2\n",
        }
    )
    feed = read_feed(SourceFile.at(path), day)
    first = expand(feed, [day]).filter(pl.col("stop_id") == "S1")
    local = first["departs_at"].dt.convert_time_zone("Europe/Berlin").dt.strftime("%H:%M")
    assert local.to_list() == [clock]
