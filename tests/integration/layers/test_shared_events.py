"""Records that name one event: one event in every number of events, whatever is loaded first."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select, text

from geodata.queries.counted_events import current_events
from geodata.queries.events import read_event_places
from geodata.queries.screens import read_incident_hours, read_incidents
from layers.build.run import build_states, refresh_states
from layers.period import Period
from layers.values.query import ValueQuery
from layers.values.read import read_values

AT = datetime(2026, 11, 10, 4, tzinfo=UTC)  # noon in Changchun
DAY = Period.parse("2026-11-10")
KEYS = [
    "incident_count", "incident_calls", "turnout_p90", "travel_p90", "call_to_arrival_p90",
    "call_processing_p90", "within_target_share", "open_incidents", "open_incidents_mean",
]  # fmt: skip
HERE, THERE = (125.32, 43.88), (125.30, 43.90)


def _s(seconds):
    return AT + timedelta(seconds=seconds)


def _place(lon_lat, district_id):
    if lon_lat is None:
        return {"district_id": district_id}
    lon, lat = lon_lat
    return {
        "geom": f"SRID=4326;POINT({lon} {lat})", "cell": 622236750694711295,
        "district_id": district_id,
    }  # fmt: skip


POLICE = {
    "record_id": "P1", "event_id": "E1", "channel": "110", "received_at": _s(0),
    "notified_at": _s(50), "unit_notified_at": _s(50), "unit_id": "police car",
    "enroute_at": _s(90), "arrived_at": _s(900), "closed_at": _s(1800), "is_emergency": False,
    **_place(None, "unknown"),
}  # fmt: skip
FIRE = {
    "record_id": "F1", "event_id": "E1", "channel": "119", "received_at": _s(30),
    "notified_at": _s(80), "unit_notified_at": _s(100), "unit_id": "engine",
    "enroute_at": _s(150), "arrived_at": _s(400), "closed_at": _s(3600), "is_emergency": True,
    **_place(HERE, "220102"),
}  # fmt: skip
AMBULANCE = {
    "record_id": "A1", "event_id": "E1", "channel": "120", "received_at": _s(60),
    "is_cancelled": True, "arrived_at": _s(61), **_place(THERE, "220103"),
}  # fmt: skip
OTHER = {
    "record_id": "F2", "event_id": "E2", "channel": "119", "received_at": _s(10),
    "notified_at": _s(20), "unit_notified_at": _s(20), "enroute_at": _s(40),
    "arrived_at": _s(200), "closed_at": _s(500), **_place(HERE, "220102"),
}  # fmt: skip
CALLS = {"police": POLICE, "fire": FIRE, "medical": AMBULANCE}


@pytest.fixture
def empty(engine, add):
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE ops.incident, ops.shared_event, ops.state"))
        connection.execute(text("TRUNCATE ops.state_build, ops.counted_load CASCADE"))
    return engine


def _value(engine, city, key, component="all", by="city", **query):
    found = read_values(engine, city, ValueQuery(key, DAY, component, by, **query))
    return found.row(0, named=True)


@pytest.mark.parametrize("order", list(permutations(CALLS)))
def test_one_event_of_three_sources_counts_once_in_whatever_order(empty, add, city, order):
    one_by_one = order[0] != "police"
    add("incident", [OTHER], source="other")
    for source in order:
        number = add("incident", [CALLS[source]], source=source)
        if one_by_one:
            refresh_states(empty, city, [number])
    build_states(empty, city, KEYS)

    assert _value(empty, city, "incident_count")["value"] == 2
    assert _value(empty, city, "incident_calls")["value"] == 3  # not the cancelled one
    assert _value(empty, city, "incident_count", "110")["value"] == 1  # the first call's
    assert _value(empty, city, "incident_count", district_id="220102")["value"] == 2
    assert _value(empty, city, "incident_count", district_id="unknown")["value"] in (0, None)
    # of the unit that arrived first, 400 s after the first call, and its own notice
    assert _value(empty, city, "call_to_arrival_p90", "110")["value"] == 400
    assert _value(empty, city, "turnout_p90", "110")["value"] == 50
    assert _value(empty, city, "travel_p90", "110")["value"] == 250
    assert _value(empty, city, "call_processing_p90", "110")["value"] == 50
    # one call of it was an emergency
    assert _value(empty, city, "call_to_arrival_p90")["n"] == 2
    hours = _value(empty, city, "open_incidents_mean")["value"] * 24
    assert hours == pytest.approx(1 + 490 / 3600)  # to the last one's end
    with empty.connect() as connection:
        assert read_event_places(connection, ["110", "119", "120"], AT).height == 2
        row = connection.execute(select(current_events()).where(text("event_id = 'E1'"))).one()
    assert (row.record_id, row.unit_id, row.closed_at) == ("P1", "engine", _s(3600))
    assert read_incidents(empty, *_span(), 10)["channel"].to_list() == ["119", "110"]
    assert read_incident_hours(empty, *_span(), city.timezone)["incidents"].sum() == 2


def _span():
    return AT - timedelta(hours=1), AT + timedelta(hours=1)


def test_numbers_of_sources_that_name_no_events_are_no_events(empty, add, city):
    """Two registers both count their calls from 1: these are two calls, and two events."""
    for source, channel in (("police", "110"), ("fire", "119")):
        call = {"record_id": "1", "event_id": "1", "channel": channel, "received_at": AT}
        add("incident", [{**call, "is_event_named": False}], source=source)
    build_states(empty, city, ["incident_count"])
    assert _value(empty, city, "incident_count")["value"] == 2


def test_an_event_moves_when_an_earlier_call_of_it_arrives(empty, add, city):
    """The call of the day before makes it an event of that day; the build says the same anew."""
    late = {"record_id": "1", "event_id": "E", "channel": "110", "received_at": AT}
    first = add("incident", [late], source="police")
    refresh_states(empty, city, [first])
    assert _value(empty, city, "incident_count")["value"] == 1
    early = {**late, "channel": "119", "received_at": AT - timedelta(days=1)}
    second = add("incident", [early], source="fire")
    refresh_states(empty, city, [second])
    both = ValueQuery("incident_count", Period.parse("2026-11-09--2026-11-11"), "all", "period")
    kept = read_values(empty, city, both)
    assert kept["value"].to_list()[0] == 1
    assert kept["num"].to_list()[1] in (0, None)
    build_states(empty, city, ["incident_count"], full=True)
    assert read_values(empty, city, both).equals(kept)
