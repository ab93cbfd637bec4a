"""Cells, districts and the city add up to one number, whatever lies outside or has no place."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from geodata import tables
from geodata.queries.screens import read_incident_hours, read_incidents, read_open_incidents
from geodata.space.grid import cell_to_parents, latlng_to_cells
from geodata.tables import NOT_OF_CITY
from layers.build.run import build_states
from layers.catalogue.registry import load_catalogue
from layers.period import Period
from layers.values.evidence import read_evidence
from layers.values.query import ValueQuery
from layers.values.read import available_periods, read_values

FIRST = datetime(2026, 10, 31, 16, tzinfo=UTC)  # the 1st of November in Changchun
NOVEMBER = Period.parse("2026-11")
PERIODS = [NOVEMBER, Period.parse("2026-11-02"), Period.parse("2026-11-01--2026-11-03")]
KEYS = ["incident_count", "incident_calls"]
SPAN = (FIRST, FIRST + timedelta(days=30))
# on the boundary of two districts, so that a hexagon is split, in another district, beyond the city
POINTS = [(125.32, 43.88), (125.321, 43.881), (125.18, 44.43), (127.9, 43.9)]


@st.composite
def calls(draw):
    """A call: where, in which district or none, when, through which channel."""
    district = draw(
        st.sampled_from(["220102", "220103", "220122", "outside", "unplaced", "unknown"])
    )
    point = draw(st.sampled_from(POINTS)) if district not in ("unplaced", "unknown") else None
    at = FIRST + timedelta(hours=draw(st.integers(0, 100)))
    return district, point, at, draw(st.sampled_from(["110", "119"]))


def _row(number, call):
    district, point, at, channel = call
    row = {
        "source": "calls", "load_id": 1, "record_id": str(number), "event_id": str(number),
        "channel": channel, "received_at": at, "district_id": district, "cell": None, "geom": None,
    }  # fmt: skip
    if point is not None:
        lon, lat = point
        row["cell"] = int(latlng_to_cells(np.array([lat]), np.array([lon]))[0])
        row["geom"] = f"SRID=4326;POINT({lon} {lat})"
    return row


def _sum(engine, city, key, period, by, **query):
    return read_values(engine, city, ValueQuery(key, period, "all", by, **query))["num"].sum() or 0


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(calls(), min_size=1, max_size=40))
def test_cells_and_no_cell_are_the_districts_and_the_city(engine, add, city, found):
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE ops.incident, ops.state"))
        connection.execute(text("TRUNCATE ops.state_build, ops.counted_load CASCADE"))
    number = add("incident", [], source="calls")
    rows = [{**_row(n, call), "load_id": number} for n, call in enumerate(found)]
    with engine.begin() as connection:
        connection.execute(insert(tables.incident), rows)
    build_states(engine, city, KEYS, full=True)
    own = [row for row in rows if row["district_id"] not in NOT_OF_CITY]
    for period in PERIODS:
        start, end = period.start_at(city.timezone), period.end_at(city.timezone)
        within = [row for row in own if start <= row["received_at"] < end]
        placed = [row["cell"] for row in within if row["cell"] is not None]
        for key in KEYS:
            city_sum = _sum(engine, city, key, period, "city")
            assert city_sum == len(within)
            assert _sum(engine, city, key, period, "district") == city_sum
            assert _sum(engine, city, key, period, "period") == city_sum
            for res in (6, 8, 9):
                cells = read_values(engine, city, ValueQuery(key, period, "all", "cell", res=res))
                assert cells["num"].sum() + len(within) - len(placed) == city_sum
                parents = cell_to_parents(np.array(placed, dtype=np.int64), res).tolist()
                assert sorted(cells["key"].to_list()) == sorted(set(parents))
            evidence = read_evidence(engine, city, ValueQuery(key, period, "all", "city")).left_out
            named = [row["district_id"] for row in rows if start <= row["received_at"] < end]
            assert (evidence.outside, evidence.unplaced, evidence.unknown) == tuple(
                named.count(name) for name in ("outside", "unplaced", "unknown")
            )
    assert read_incidents(engine, *SPAN, 100).height == len(own)
    assert read_incident_hours(engine, *SPAN, city.timezone)["incidents"].sum() == len(own)
    still_open = [row for row in own if row["cell"] is not None]
    assert read_open_incidents(engine, *SPAN).height == len(still_open)


def test_every_additive_indicator_of_the_seeded_city_adds_up(seeded, city):
    """The seeded points reach far beyond the boundary."""
    catalogue = load_catalogue(city)
    additive = [key for key, entry in catalogue.items() if entry.state_class in ("A", "S")]
    checked = 0
    for key in additive:
        for period in available_periods(seeded, city, key)[-2:]:
            component = catalogue[key].default_component
            total, parts = (
                read_values(seeded, city, ValueQuery(key, period, component, by))["num"].sum()
                for by in ("city", "district")
            )
            assert parts == pytest.approx(total, rel=1e-12)
            checked += 1
    assert checked > 3
    with seeded.connect() as connection:
        outside = connection.execute(
            text("SELECT count(*) FROM incident WHERE district_id = 'outside'")
        ).scalar_one()
    assert outside > 100
    evidence = read_evidence(
        seeded, city, ValueQuery("incident_count", Period.parse("2026-10"), "all", "city")
    )
    assert evidence.left_out.outside > 50
    assert evidence.left_out.unknown > 10


def test_beds_are_those_of_the_hospitals_within(seeded, city):
    """H1: hospitals beyond the boundary serve residents, but their beds are not the city's."""
    with seeded.connect() as connection:
        beds = connection.execute(
            text(
                "SELECT sum(beds) FROM facility WHERE kind = 'hospital' AND is_active"
                " AND retired_by IS NULL AND district_id <> ALL(:beyond)"
            ),
            {"beyond": list(NOT_OF_CITY)},
        ).scalar_one()
    query = ValueQuery("beds_per_1000", Period.parse("2026-11"), by="city")
    assert read_values(seeded, city, query)["num"][0] == pytest.approx(beds)
