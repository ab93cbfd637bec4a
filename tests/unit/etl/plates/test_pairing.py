from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from etl.plates.pairing import compute_link_times, pair_reads

ZONE = "Asia/Shanghai"
DAWN = datetime(2026, 11, 20, tzinfo=ZoneInfo(ZONE))
LINKS = pl.DataFrame(
    {
        "link_id": ["AB", "BC"],
        "from_reader": ["A", "B"],
        "to_reader": ["B", "C"],
        "length_m": [1000.0, 2000.0],
    }
)


def reads(*rows):
    """Rows of (token, reader, seconds after local midnight)."""
    return pl.DataFrame(
        {
            "token": [row[0] for row in rows],
            "reader_id": [row[1] for row in rows],
            "read_at": [(DAWN + timedelta(seconds=row[2])).astimezone(UTC) for row in rows],
            "day": [(DAWN + timedelta(seconds=row[2])).date() for row in rows],
        },
        schema_overrides={"read_at": pl.Datetime("us", "UTC")},
    )


def drives(link, times_s, begin_s, length_m=1000.0):
    count = len(times_s)
    return pl.DataFrame(
        {
            "link_id": [link] * count,
            "length_m": [length_m] * count,
            "at": [(DAWN + timedelta(seconds=begin_s)).astimezone(UTC)] * count,
            "time_s": [float(each) for each in times_s],
        },
        schema_overrides={"at": pl.Datetime("us", "UTC")},
    )


def test_successive_reads_of_a_token_make_the_drives_between_readers():
    """T10 traffic_index_tpi: pair successive reads of one token at readers i to j."""
    paired = pair_reads(
        reads(("x", "C", 400), ("x", "A", 100), ("x", "B", 160), ("y", "A", 100), ("y", "C", 200)),
        LINKS,
    )
    assert paired.select("link_id", "time_s").sort("link_id").rows() == [("AB", 60), ("BC", 240)]


def test_a_repeated_read_counts_from_its_last():
    paired = pair_reads(reads(("x", "A", 100), ("x", "A", 130), ("x", "B", 190)), LINKS)
    assert paired.select("link_id", "time_s").rows() == [("AB", 60)]


def test_pairs_neither_cross_midnight_nor_last_longer_than_an_hour():
    """T10: t <= 3600 s, and a token is salted by day."""
    paired = pair_reads(
        reads(
            ("x", "A", 0), ("x", "B", 3600), ("y", "A", 0), ("y", "B", 3601),
            ("z", "A", 86_390), ("z", "B", 86_410), ("w", "A", 50), ("w", "B", 50),
        ),
        LINKS,
    )  # fmt: skip
    assert paired["time_s"].to_list() == [3600]


def test_drives_far_above_the_median_are_left_out():
    """T10: keep t <= median + 3 x 1.4826 MAD of the link and quarter hour.

    The median of the eight is 135, the MAD 27.5: the limit is 257.3.
    """
    times = [100, 110, 120, 130, 140, 165, 175, 400]
    (row,) = compute_link_times(drives("AB", times, 8 * 3600), ZONE).rows(named=True)
    assert row["n"] == 7
    assert row["time_s"] == pytest.approx(sum(times[:-1]) / 7)
    assert (row["day_part"], row["starts_at"]) == (
        "morning", datetime(2026, 11, 20, 0, 0, tzinfo=UTC),
    )  # fmt: skip


def test_below_five_vehicles_there_is_no_row():
    """T10: a link is used, and anything stored, from n = 5 on."""
    four, five = drives("AB", [60] * 4, 8 * 3600), drives("BC", [60] * 5, 8 * 3600)
    assert compute_link_times(pl.concat([four, five]), ZONE)["link_id"].to_list() == ["BC"]


def test_free_flow_is_the_length_over_the_p85_speed_of_the_night():
    """T10: t_f = length / P85 speed of 22:00-06:00; rank ceil(0.85 x 7) = 6 of the speeds."""
    night = drives("AB", [50, 60, 70, 75, 80, 90, 100], 5 * 3600)
    late = drives("AB", [200] * 5, 22 * 3600 - 1)  # not night yet
    day = drives("AB", [120] * 10, 8 * 3600)
    rows = compute_link_times(pl.concat([night, late, day]), ZONE)
    assert rows["free_flow_s"].round(9).to_list() == [60.0, 60.0, 60.0]
    morning = rows.filter(pl.col("day_part") == "morning").row(0, named=True)
    totals = [morning[f"{name}_total_s"] for name in ("time", "delay", "free_flow")]
    assert totals == pytest.approx([1200, 600, 600])
    assert rows["day_part"].to_list() == ["night", "morning", "between"]


def test_without_a_night_there_is_time_but_no_delay():
    (row,) = compute_link_times(drives("AB", [120] * 6, 8 * 3600), ZONE).rows(named=True)
    assert (row["time_total_s"], row["delay_total_s"], row["free_flow_s"]) == (720, None, None)


def test_faster_than_free_flow_is_no_negative_delay():
    rows = compute_link_times(
        pl.concat([drives("AB", [100] * 5, 3600), drives("AB", [80] * 5, 8 * 3600)]), ZONE
    )
    assert rows["delay_total_s"].to_list() == [0, 0]
