"""Two censuses of which the newer covers one district: the stock, and rates divided by it."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from layers.build.run import build_states
from layers.period import Grain, Period
from layers.states.status import Status
from layers.values.query import ValueQuery
from layers.values.read import read_values

NANGUAN, KUANCHENG = "220102", "220103"
OLD, NEW = date(2010, 1, 1), date(2020, 1, 1)
CELLS = {NANGUAN: 622366900143095807, KUANCHENG: 622366900143128575}


@pytest.fixture(scope="module")
def counted(engine: Engine, city, add) -> Engine:
    def rows(vintage: date, residents: dict[str, float]) -> list[dict[str, object]]:
        return [
            {"unit_id": key, "vintage_on": vintage, "residents": people, "district_id": key}
            | {"cell": CELLS[key], "geom": "SRID=4326;POINT(125.32 43.88)"}
            for key, people in residents.items()
        ]

    add("population", rows(OLD, {NANGUAN: 1000.0, KUANCHENG: 500.0}), source="old")
    add("population", rows(NEW, {NANGUAN: 2000.0}), source="new")
    at = datetime(2020, 6, 1, tzinfo=UTC)
    calls = [
        {"record_id": str(i), "event_id": str(i), "channel": "119", "received_at": at}
        | {"district_id": KUANCHENG, "cell": CELLS[KUANCHENG]}
        for i in range(10)
    ]
    add("incident", calls, source="calls", event_to=at)
    build_states(engine, city, ["residents", "incident_rate_10k"])
    return engine


def ask(engine: Engine, city, period: str, by: str, key: str = "residents", res: int | None = None):
    query = ValueQuery(key, Period.parse(period), by=by, res=res)
    return {row["key"]: row for row in read_values(engine, city, query).iter_rows(named=True)}


def test_a_count_of_one_district_is_not_the_whole_city(counted: Engine, city) -> None:
    """2.5: the newer vintage speaks for its district, the older one for the others."""
    found = ask(counted, city, "2021", "district")
    assert found[NANGUAN]["value"] == 2000
    assert found[KUANCHENG]["value"] == 500
    assert ask(counted, city, "2021", "city")["changchun"]["value"] == 2500
    assert sum(row["value"] for row in ask(counted, city, "2021", "cell", res=8).values()) == 2500


def test_between_two_counts_it_is_interpolated_and_says_so(counted: Engine, city) -> None:
    """2.5: linear between vintages, by city, district, cell and step alike."""
    share = (date(2015, 1, 1) - OLD) / (NEW - OLD)
    found = ask(counted, city, "2014", "district")
    assert found[NANGUAN]["value"] == pytest.approx(1000 + 1000 * share, rel=1e-12)
    assert found[NANGUAN]["status"] == Status.ESTIMATED
    assert found[KUANCHENG]["value"] == 500
    assert found[KUANCHENG]["status"] != Status.ESTIMATED
    cells = ask(counted, city, "2014", "cell", res=8).values()
    assert sum(row["value"] for row in cells) == pytest.approx(1500 + 1000 * share, rel=1e-12)


def test_never_beyond_the_counts(counted: Engine, city) -> None:
    """2.5: nothing before the first vintage, no trend after the last."""
    assert ask(counted, city, "2008", "city")["changchun"]["status"] == Status.NO_DATA
    assert ask(counted, city, "2025", "city")["changchun"]["value"] == 2500


def test_steps_agree_with_the_city_asked_step_by_step(counted: Engine, city) -> None:
    query = ValueQuery(
        "residents", Period.parse("2008-01-01--2022-01-01"), by="period", step=Grain.YEAR
    )
    steps = read_values(counted, city, query)
    for key, value in zip(steps["key"], steps["value"], strict=True):
        asked = ask(counted, city, key, "city")["changchun"]["value"]
        assert asked == (value if value is None else pytest.approx(value, rel=1e-12))
    assert steps["value"].null_count() == 2


def test_a_rate_is_divided_by_the_residents_of_its_own_district(counted: Engine, city) -> None:
    """E2: ten events over the 500 of the older count, though another district has a newer one."""
    found = ask(counted, city, "2020", "district", "incident_rate_10k")
    assert found[KUANCHENG]["value"] == pytest.approx(200.0)
