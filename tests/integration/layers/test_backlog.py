"""Open incidents: before a channel's first file nothing is known of it, afterwards none is zero."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert

from geodata.city.configuration import City
from geodata.tables import source_coverage
from layers.build.run import build_states
from layers.period import Period
from layers.states.status import Status
from layers.values.read import ValueQuery, read_values

POLICE_FROM = datetime.fromisoformat("2026-10-01T00:00+08:00")
MEDICAL_FROM = datetime.fromisoformat("2026-10-10T00:00+08:00")
PARTS = ("open_incidents_mean", "open_age_p90", "stale_open")
END = datetime.fromisoformat("2026-10-15T00:00+08:00")


def calls(channel: str, first: datetime, days: int) -> list[dict[str, object]]:
    """Return one call at noon of each day, closed an hour later."""
    noons = [first + timedelta(days=day, hours=12) for day in range(days)]
    return [
        {
            "record_id": f"{channel}-{number}",
            "event_id": f"{channel}-{number}",
            "channel": channel,
            "received_at": noon,
            "closed_at": noon + timedelta(hours=1),
            "district_id": "unknown",
        }
        for number, noon in enumerate(noons)
    ]


@pytest.fixture(scope="module")
def built(engine: Engine, city: City, add) -> Engine:
    """110 has files from the 1st, 120 from the 10th; 12350 never said where it looked."""
    for channel, first, days in (("110", POLICE_FROM, 14), ("120", MEDICAL_FROM, 5)):
        number = add("incident", calls(channel, first, days), source=channel, event_to=END)
        span = {"starts_at": first, "ends_at": END, "table_name": "incident"}
        with engine.begin() as connection:
            connection.execute(
                insert(source_coverage).values(source=channel, load_id=number, **span)
            )
    add("incident", calls("12350", MEDICAL_FROM, 1), source="12350", event_to=END)
    build_states(engine, city, ["open_incidents", *PARTS])
    return engine


@pytest.mark.parametrize(
    ("channel", "day", "status"),
    [
        ("110", "2026-10-05", Status.ZERO_TRUE),
        ("120", "2026-10-05", Status.NO_DATA),
        ("120", "2026-10-09", Status.NO_DATA),
        ("120", "2026-10-10", Status.ZERO_TRUE),
        ("12350", "2026-10-05", Status.NO_DATA),
    ],
)
def test_none_open_is_zero_only_where_the_channel_has_files(
    built: Engine, city: City, channel: str, day: str, status: Status
) -> None:
    question = ValueQuery(
        "open_incidents", Period.parse(day), component=channel, by="city", res=None
    )
    (row,) = read_values(built, city, question).iter_rows(named=True)
    assert row["status"] == status
    assert row["value"] == (0.0 if status == Status.ZERO_TRUE else None)


def one(built: Engine, city: City, key: str, channel: str, period: str) -> dict[str, object]:
    query = ValueQuery(key, Period.parse(period), channel, by="city")
    return read_values(built, city, query).row(0, named=True)


@pytest.mark.parametrize("period", ["2026-10-05", "2026-10-02--2026-10-09"])
def test_e8_one_hour_open_a_day_is_a_mean_of_a_24th(built: Engine, city: City, period) -> None:
    """E8: period mean = sum of open time / length of the period, for a day as for a week."""
    row = one(built, city, "open_incidents_mean", "110", period)
    assert row["value"] == pytest.approx(1 / 24)
    assert row["status"] == Status.OK


def test_e8_the_mean_by_day_and_where_nobody_looked(built: Engine, city: City) -> None:
    span = Period.parse("2026-10-08--2026-10-12")
    query = ValueQuery("open_incidents_mean", span, "120", by="period")
    rows = read_values(built, city, query).select("key", "value", "status").rows()
    assert [row[1] for row in rows] == [None, None, *[pytest.approx(1 / 24)] * 2]
    assert {row[2] for row in rows[:2]} <= {Status.NO_DATA, Status.NA_DENOMINATOR}


def test_e8_nothing_is_old_where_all_is_closed(built: Engine, city: City) -> None:
    assert one(built, city, "stale_open", "110", "2026-10-05")["status"] == Status.ZERO_TRUE
    assert one(built, city, "open_age_p90", "110", "2026-10-05")["status"] == Status.NO_DATA
