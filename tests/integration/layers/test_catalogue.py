"""Every indicator that the seeded records feed, and both engines on the same records."""

from datetime import UTC
from math import isqrt

import ibis
import numpy as np
import polars as pl
import pytest
from sqlalchemy import select, text

from geodata.city.configuration import load_city
from geodata.tables import metadata, state
from layers.build.expression import state_expression
from layers.build.run import build_states
from layers.catalogue.indicator import Histogram
from layers.catalogue.measure import FunctionMeasure
from layers.catalogue.record_tables import record_schema
from layers.catalogue.registry import load_catalogue
from layers.maps.classes import read_classes
from layers.period import Period
from layers.states.state import STATE_SCHEMA
from layers.states.status import Status
from layers.values.compute import compute_values
from layers.values.evidence import read_evidence
from layers.values.read import ValueQuery, available_periods, latest_period, read_build, read_values
from layers.values.selection import Selection, read_merged

CHANGCHUN = load_city("changchun")

OCTOBER = Period.parse("2026-10")
SEEDED = [
    key
    for key, entry in load_catalogue(CHANGCHUN).items()
    if entry.domain in ("emergency", "broadband", "health", "context")
]
DECLARED = [
    key
    for key in SEEDED
    if not isinstance(load_catalogue(CHANGCHUN)[key].measures[0], FunctionMeasure)
]


def city_value(engine, city, key, period=OCTOBER, **query):
    found = read_values(engine, city, ValueQuery(key, period, by="city", **query))
    return found.row(0, named=True)


@pytest.mark.parametrize("key", SEEDED)
def test_every_geometry_of_every_indicator_can_be_read(seeded, city, key):
    entry = load_catalogue(CHANGCHUN)[key]
    period = latest_period(seeded, city, key)
    assert period is not None
    by = {
        name: read_values(seeded, city, ValueQuery(key, period, by=name)) for name in entry.geometry
    }
    assert by["city"]["value"][0] is not None
    assert len(by["district"]) == 12
    if "cell" in by:
        assert len(by["cell"]) > 10
    if entry.state_class == "A":
        assert by["district"]["value"].sum() == by["city"]["value"][0]
    steps = read_values(seeded, city, ValueQuery(key, period, by="period", step=entry.step))
    assert steps["value"].to_list() == by["city"]["value"].to_list()


@pytest.mark.parametrize("key", DECLARED)
def test_postgresql_and_duckdb_make_the_same_states(seeded, city, key):
    entry = load_catalogue(CHANGCHUN)[key]
    measure = entry.measures[0]
    backend = ibis.duckdb.connect()
    backend.raw_sql("SET TimeZone = 'Asia/Shanghai'")
    schema = record_schema(measure.table)
    table = metadata.tables[measure.table]
    with seeded.connect() as connection:
        rows = connection.execute(select(*(table.c[name] for name in schema.names))).mappings()
        records = pl.DataFrame([dict(row) for row in rows], schema=schema.to_polars())
        keys = ("component", "starts_at", "cell", "district_id")
        kept = connection.execute(
            select(*(state.c[name] for name in STATE_SCHEMA))
            .where(state.c.indicator == key)
            .where(state.c.component.not_like("%tile"))
        ).all()
    backend.con.register("incoming", records.to_arrow())
    backend.raw_sql(f"CREATE TABLE {measure.table} AS SELECT * FROM incoming")
    built = pl.DataFrame([tuple(row) for row in kept], schema=STATE_SCHEMA, orient="row")
    snapshot_at = built["starts_at"].min()
    same_table = [each for each in entry.measures if each.table == measure.table]
    parts = [backend.to_polars(state_expression(entry, m, snapshot_at)) for m in same_table]
    embedded = pl.concat(part.cast(STATE_SCHEMA) for part in parts)
    backend.disconnect()
    wanted, found = built.sort(keys), embedded.sort(keys)
    exact = ("n", "n_missing", "num", "den", "vals", "is_estimated")
    assert found.select(*keys, *exact).equals(wanted.select(*keys, *exact))
    for name in ("sum_w", "sum_wx", "sum_x", "sum_x2"):
        np.testing.assert_allclose(found[name].to_numpy(), wanted[name].to_numpy(), rtol=1e-12)


def test_e6_equals_the_quantile_of_the_records_in_every_district(seeded, city, emergencies):
    start, end = OCTOBER.start_at("Asia/Shanghai"), OCTOBER.end_at("Asia/Shanghai")
    seconds: dict[str, list[float]] = {}
    for row in emergencies:
        if start <= row["received_at"] < end and row["arrived_at"] and not row["is_duplicate"]:
            took = (row["arrived_at"] - row["received_at"]).total_seconds()
            if took <= 7200:
                seconds.setdefault(row["district_id"], []).append(took)
    values = read_values(seeded, city, ValueQuery("call_to_arrival_p90", OCTOBER))
    for row in values.iter_rows(named=True):
        known = seconds.get(row["key"], [])
        assert row["n"] == len(known)
        if known:
            assert row["value"] == np.quantile(known, 0.9, method="inverted_cdf")
            low = len(known) < 36 or row["n_missing"] > 0.1 * (len(known) + row["n_missing"])
            assert row["status"] == (Status.STALE if row["status"] == 6 else 4 if low else 0)


def test_e2_divides_by_the_residents_of_the_same_place(seeded, city):
    rate = city_value(seeded, city, "incident_rate_10k")
    count = city_value(seeded, city, "incident_count")["value"]
    people = city_value(seeded, city, "residents")["value"]
    assert rate["value"] == pytest.approx(10_000 * count / people)
    assert (rate["num"], rate["den"]) == (count, people)
    cells = read_values(seeded, city, ValueQuery("incident_rate_10k", OCTOBER, by="cell", res=7))
    sparse = cells.filter((pl.col("den") < 100) | pl.col("den").is_null())
    assert len(sparse) > 0
    assert set(sparse["status"]) == {Status.NA_DENOMINATOR}


def test_h1_is_not_given_by_cell(seeded, city):
    with pytest.raises(Exception, match="not given by cell"):
        read_values(seeded, city, ValueQuery("beds_per_1000", OCTOBER, by="cell"))


def test_h4_is_no_estimate_where_roads_are_loaded(seeded, city):
    period = latest_period(seeded, city, "nearest_hospital_min")
    found = city_value(seeded, city, "nearest_hospital_min", period)
    assert found["status"] == Status.OK


def test_b1_tiles_are_read_by_quarter_and_keep_their_mean(seeded, city):
    quarter = Period.parse("2026Q3")
    found = city_value(seeded, city, "down_mean_mbps", quarter, component="fixed_tile")
    count = isqrt(2 * found["n"])  # n = 1 + 2 + ... + count
    tests = np.arange(1, count + 1)
    assert found["n"] == tests.sum()
    assert found["value"] == pytest.approx((tests * tests).sum() / tests.sum())
    assert available_periods(seeded, city, "down_mean_mbps", "fixed_tile") == [quarter]


def test_a_stock_has_nothing_before_its_first_snapshot(seeded, city):
    early = city_value(seeded, city, "residents", Period.parse("2019"))
    assert (early["value"], early["status"]) == (None, Status.NO_DATA)


def test_classes_are_made_once_and_kept_with_the_build(seeded, city):
    first = read_classes(seeded, city, "incident_count", "all", 8)
    assert len(first.palette) == len(first.breaks) + 1 <= 7
    assert read_classes(seeded, city, "incident_count", "all", 8) == first
    districts = read_classes(seeded, city, "incident_count", "all", 8, by="district")
    assert districts.breaks != first.breaks
    assert read_classes(seeded, city, "incident_count", "all", 8, by="district") == districts
    around = read_classes(seeded, city, "within_target_share", "119", 7)
    assert around.target == 90
    assert 90.0 in around.breaks


def test_evidence_names_parts_target_and_sources(seeded, city):
    query = ValueQuery("within_target_share", OCTOBER, "119", by="city")
    sheet = read_evidence(seeded, city, query)
    assert sheet.num is not None
    assert sheet.value == pytest.approx(100 * sheet.num / sheet.den)
    assert sheet.lo < sheet.value < sheet.hi
    assert (sheet.target.value, sheet.target.status) == (90, "C")
    assert [source.licence for source in sheet.sources] == ["CC0-1.0"]
    assert sheet.build.is_simulated


def test_building_everything_again_gives_the_same_states_and_keeps_the_version(seeded, city):
    columns = [state.c[name] for name in STATE_SCHEMA]
    chosen = (
        select(*columns).where(state.c.indicator == "call_to_arrival_p90").order_by(*columns[:4])
    )
    with seeded.connect() as connection:
        before = connection.execute(chosen).all()
    version = read_build(seeded, CHANGCHUN, "call_to_arrival_p90").version
    build_states(seeded, city, ["call_to_arrival_p90"], full=True)
    with seeded.connect() as connection:
        assert connection.execute(chosen).all() == before
    assert read_build(seeded, CHANGCHUN, "call_to_arrival_p90").version == version


def test_b2_bins_added_in_the_database_are_those_added_in_memory(seeded, city):
    """B2 down_median_mbps at high volume: counts a bin, within a bin of the exact median."""
    binned = load_catalogue(CHANGCHUN)["down_median_mbps"].model_copy(
        update={"key": "binned", "histogram": Histogram(low=0.1, high=10_000, bins=250)}
    )
    exact = city_value(seeded, city, "down_median_mbps", component="fixed")
    october = [moment.astimezone(UTC) for moment in _span(OCTOBER, city)]
    with seeded.connect() as connection:
        connection.execute(text(f"SET LOCAL TimeZone = '{city.timezone}'"))
        states = state_expression(binned, binned.measures[0], october[0])
        number = connection.scalar(select(state.c.build_id).limit(1))
        connection.exec_driver_sql(
            f"INSERT INTO ops.state (indicator, build_id, {', '.join(STATE_SCHEMA)}) "
            f"SELECT 'binned', {number}, * FROM ({ibis.to_sql(states, dialect='postgres')}) s"
        )
        for by in ("city", "district", "cell"):
            found = read_merged(connection, Selection(binned, ("fixed",), *october, by, 7))
            values = compute_values(found.with_columns(is_stale=pl.lit(False)), binned)
            assert values["n"].sum() == exact["n"] == found["hist"].list.sum().sum()
            if by == "city":
                assert values["value"][0] == pytest.approx(exact["value"], rel=0.05)
        connection.rollback()


def _span(period, city):
    return period.start_at(city.timezone), period.end_at(city.timezone)
