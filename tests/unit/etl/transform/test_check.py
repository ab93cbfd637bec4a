from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.batch import MEMBER, ROW, Batch
from etl.source.record_types import RECORD_TYPES
from etl.transform.check import TOO_EARLY, check, legal_in
from geodata.city.configuration import load_city

CHANGCHUN = load_city("changchun")
DATA = Path(__file__).resolve().parents[3] / "data"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def incidents(*rows):
    """Rows of (row, record_id, revision, address)."""
    frame = pl.DataFrame(rows, schema=[ROW, "record_id", "revision", "address"], orient="row")
    return Batch(
        frame.with_columns(
            pl.lit("110").alias("channel"),
            pl.lit(NOON).dt.cast_time_unit("us").alias("received_at"),
        )
    )


def checked(batch, table="incident", not_after=NOON):
    return check(batch, RECORD_TYPES[table], not_after, legal_in(CHANGCHUN, RECORD_TYPES[table]))


def test_identical_repetitions_are_merged():
    batch = checked(incidents((2, "A", 0, "x"), (3, "A", 0, "x"), (4, "B", 0, "x")))
    assert batch.frame[ROW].to_list() == [3, 4]
    assert batch.members.rows() == [(3, 2)]
    assert batch.rows_loaded() == 3
    assert batch.rejects.is_empty()
    assert batch.stages[-1].dropped == {"identical repetitions merged": 1}


def test_of_conflicting_rows_the_last_counts():
    batch = checked(incidents((2, "A", 0, "x"), (3, "A", 0, "y"), (4, "A", 0, "z")))
    assert batch.frame.select(ROW, "address").rows() == [(4, "z")]
    assert sorted(batch.rejects.rows()) == [
        (2, "record_id", "the same record_id as row 4, which counts"),
        (3, "record_id", "the same record_id as row 4, which counts"),
    ]


def test_a_higher_revision_counts_wherever_it_stands():
    batch = checked(incidents((2, "A", 2, "x"), (3, "A", 1, "y")))
    assert batch.frame[ROW].to_list() == [2]


def test_rejecting_a_winner_rejects_the_rows_it_carries():
    merged = checked(incidents((2, "A", 0, "x"), (3, "A", 0, "x")))
    fault = pl.DataFrame({ROW: [3], "field": ["f"], "reason": ["r"]})
    batch = merged.reject(fault)
    assert sorted(batch.rejects[ROW]) == [2, 3]
    assert batch.rows_loaded() == 0


def test_the_future_has_not_happened():
    late = checked(incidents((2, "A", 0, "x")), not_after=datetime(2026, 11, 22, 11, tzinfo=UTC))
    assert late.rejects.rows() == [(2, "received_at", "lies in the future")]


@pytest.mark.parametrize(
    ("table", "day", "reason"),
    [
        ("population", date(1953, 7, 1), None),
        ("population", date(2035, 1, 1), "lies in the future"),
        ("health_record", date(1985, 1, 1), None),
        ("health_record", date(1905, 1, 1), "lies before the source's first day"),
        ("radio_prediction", date(1970, 1, 1), "lies before the source's first day"),
        ("radio_prediction", date(2019, 1, 1), None),
    ],
)
def test_days_are_judged_as_instants_are_and_old_counts_may_be_old(table, day, reason):
    record_type = RECORD_TYPES[table]
    key = {name: ["k"] for name in record_type.key if name != record_type.event_time}
    batch = checked(Batch(pl.DataFrame({ROW: [2]} | key | {record_type.event_time: [day]})), table)
    assert batch.rejects["reason"].to_list() == ([reason] if reason else [])


def test_the_first_day_begins_at_midnight_of_the_city():
    zone = ZoneInfo("Asia/Shanghai")
    batch = incidents((2, "A", 0, "x"))
    first = NOON.astimezone(zone).date()
    for first_day, reasons in ((first, []), (first + timedelta(days=1), [TOO_EARLY])):
        late = NOON.astimezone(zone) + timedelta(days=9)
        judged = check(batch, RECORD_TYPES["incident"], late, {}, first_day=first_day)
        assert judged.rejects["reason"].to_list() == reasons


@pytest.mark.parametrize(
    ("table", "columns", "field", "reason"),
    [
        ("incident", {"channel": ["911"]}, "channel", "is not one of 110, 119, 120, 122, 12350"),
        ("facility", {"kind": ["bar"]}, "kind", "is not one of aed"),
        ("facility", {"kind": ["aed"], "beds": [-999.0]}, "beds", "is not between 0 and 100,000"),
        ("network_sample", {"rsrp_dbm": [12.0]}, "rsrp_dbm", "is not between -157 and 0"),
        ("population", {"residents": [-1.0]}, "residents", "is not between 0 and 1,000,000,000"),
        (
            "statistic",
            {"starts_at": [NOON], "ends_at": [NOON]},
            "ends_at",
            "is not after the start",
        ),
    ],
)
def test_values_are_legal(table, columns, field, reason):
    key = {name: ["k"] for name in RECORD_TYPES[table].key}
    batch = checked(Batch(pl.DataFrame({ROW: [2]} | key | columns)), table)
    assert [row[:2] for row in batch.rejects.rows()] == [(2, field)]
    assert batch.rejects["reason"][0].startswith(reason)


def test_a_fault_is_told_by_the_files_own_columns():
    labels = {"record_id": "工单号", "received_at": "接警时间", "address": "地址"}
    batch = incidents((2, "A", 0, "x"), (3, "A", 0, "y"), (4, "B", 0, "x"))
    late = pl.when(pl.col(ROW) == 4).then(NOON + timedelta(days=3)).otherwise("received_at")
    frame = batch.frame.with_columns(late.alias("received_at"))
    judged = checked(Batch(frame, labels=labels))
    assert sorted(judged.rejects.rows()) == [
        (2, "工单号", "the same 工单号 as row 3, which counts"),
        (4, "接警时间", "lies in the future"),
    ]


@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.integers(0, 2), st.sampled_from("xy")), max_size=12
    )
)
def test_every_row_is_loaded_or_rejected_and_keys_are_unique(rows):
    numbered = [(number, *row) for number, row in enumerate(rows, start=2)]
    batch = checked(incidents(*numbered)) if rows else Batch(pl.DataFrame(schema={ROW: pl.Int64}))
    lost = {row for row, *_ in numbered} - set(batch.rejects[ROW]) - set(batch.frame[ROW])
    assert lost <= set(batch.members[MEMBER])
    assert batch.rows_loaded() + batch.rejects.height == len(rows)
    if rows:
        assert batch.frame["record_id"].is_unique().all()


def test_what_is_legal_is_the_citys():
    other = load_city(str(DATA / "cities" / "sanfrancisco"))
    batch = incidents((2, "A", 0, "x"), (3, "B", 0, "x"))
    rows = batch.frame.with_columns(channel=pl.Series(["fire", "119"]))
    found = check(
        Batch(rows), RECORD_TYPES["incident"], NOON, legal_in(other, RECORD_TYPES["incident"])
    )
    assert found.frame["channel"].to_list() == ["fire"]
    assert found.rejects.rows() == [(3, "channel", "is not one of fire")]
    none = check(Batch(rows), RECORD_TYPES["incident"], NOON, {"channel": []})
    assert none.rejects["reason"].unique().to_list() == [
        "is not one of those of the city, which has none"
    ]


@pytest.mark.parametrize(
    ("late_s", "is_kept"),
    [(-3600, True), (-3601, False), (7200, True), (7201, False), (None, True)],
)
def test_a_departure_hours_from_its_time_is_one_of_another_run(late_s, is_kept):
    seen = None if late_s is None else NOON + timedelta(seconds=late_s)
    frame = pl.DataFrame(
        [(2, NOON.date(), "T1", 0, 1, NOON, seen)],
        schema={
            ROW: pl.Int64, "service_on": pl.Date, "trip_id": pl.String, "start_s": pl.Int64,
            "stop_sequence": pl.Int64, "scheduled_at": pl.Datetime("us", "UTC"),
            "observed_at": pl.Datetime("us", "UTC"),
        },
        orient="row",
    )  # fmt: skip
    batch = checked(Batch(frame), "stop_event", NOON + timedelta(days=1))
    assert batch.frame.height == is_kept
    reasons = batch.rejects["reason"].to_list()
    assert reasons == ([] if is_kept else ["is hours from scheduled_at"])
