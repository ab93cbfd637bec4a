from collections import Counter

import polars as pl
import pytest

from geodata.city.configuration import load_city
from geodata.tables import OUTSIDE_DISTRICT
from layers.period import Period
from layers.states.status import Status
from layers.values.read import ValueQuery, available_periods, read_build, read_values

CHANGCHUN = load_city("changchun")

OCTOBER = Period.parse("2026-10")


def read(engine, city, **query):
    return read_values(engine, city, ValueQuery("incident_count", OCTOBER, **query))


def in_october(rows):
    """Return the events of the month in the city: a seventh of the points lie beyond it."""
    start, end = OCTOBER.start_at("Asia/Shanghai"), OCTOBER.end_at("Asia/Shanghai")
    return [
        r
        for r in rows
        if start <= r["received_at"] < end
        and not r["is_duplicate"]
        and r["district_id"] != OUTSIDE_DISTRICT
    ]


def test_cells_districts_and_city_agree_at_every_resolution(seeded, city, emergencies):
    total = len(in_october(emergencies))
    located = sum(row["cell"] is not None for row in in_october(emergencies))
    assert read(seeded, city, by="city")["value"].to_list() == [total]
    assert read(seeded, city, by="district")["value"].sum() == total
    for res in (6, 7, 8, 9):
        assert read(seeded, city, by="cell", res=res)["value"].sum() == located


def test_districts_and_channels_are_counted_as_in_the_records(seeded, city, emergencies):
    wanted = Counter(r["district_id"] for r in in_october(emergencies) if r["channel"] == "119")
    values = read(seeded, city, by="district", component="119")
    assert {k: v for k, v in values.select("key", "value").iter_rows() if v} == wanted


def test_a_covered_district_without_events_is_a_true_zero(seeded, city, emergencies):
    values = read(seeded, city, by="district")
    for row in values.filter(pl.col("value") == 0).iter_rows(named=True):
        assert row["status"] == Status.ZERO_TRUE
        assert row["hi"] == pytest.approx(3.689, abs=1e-3)


def test_what_no_source_covers_is_unknown_and_not_zero(seeded, city):
    query = ValueQuery("incident_count", Period.parse("2026-08"), by="district")
    values = read_values(seeded, city, query)
    assert set(values["status"]) == {Status.NO_DATA}
    assert values["value"].null_count() == len(values)


def test_a_channel_that_no_source_brings_is_unknown(seeded, city):
    values = read(seeded, city, by="city", component="12350")
    assert values.select("value", "status").row(0) == (None, Status.NO_DATA)


def test_steps_add_up_and_each_is_there(seeded, city, emergencies):
    steps = read(seeded, city, by="period")
    assert steps["key"].to_list() == [str(day) for day in OCTOBER.split("day")]
    assert steps["value"].sum() == len(in_october(emergencies))


def test_periods_and_provenance(seeded, city):
    periods = available_periods(seeded, city, "incident_count")
    assert [str(p) for p in periods] == ["2026-10", "2026-11"]
    build = read_build(seeded, CHANGCHUN, "incident_count")
    assert build.is_simulated
    assert build.sources == ("incidents",)
