"""E10 on PostGIS: each geometry judged by its own hours, coverage respected."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from geodata.space.grid import cell_to_parents, latlng_to_cell
from geodata.tables import source_coverage
from layers.build.run import build_states
from layers.errors import QueryError
from layers.statistics.hourly import Place, read_abnormal_load

FIRST = datetime.fromisoformat("2026-07-06T00:00+08:00")
AT = datetime.fromisoformat("2026-09-08T15:00+08:00")  # a Tuesday, 64 days later
DAYS = 66
CENTRE = latlng_to_cell(43.88, 125.32)
FAR = latlng_to_cell(44.4, 125.2)


def call(at: datetime, number: int, cell: int, district_id: str) -> dict[str, object]:
    return {
        "record_id": f"{at:%m%d%H}-{cell}-{number}",
        "event_id": f"{at:%m%d%H}-{cell}-{number}",
        "channel": "120",
        "received_at": at + timedelta(minutes=number),
        "cell": cell,
        "district_id": district_id,
    }


@pytest.fixture(scope="module")
def loaded(engine, city, add):
    """Four or five calls an hour downtown, then forty; three in the quiet far cell that hour."""
    rows = []
    for hour in range(DAYS * 24):
        at = FIRST + timedelta(hours=hour)
        count = 40 if at == AT else 4 + (hour // 24) % 2
        rows += [call(at, number, CENTRE, "220104") for number in range(count)]
    rows += [call(AT, number, FAR, "220122") for number in range(3)]
    end = FIRST + timedelta(days=DAYS)
    number = add("incident", rows, source="calls", event_to=end)
    gap = AT - timedelta(weeks=1)  # nobody looked in this hour
    spans = [(FIRST, gap), (gap + timedelta(hours=1), end)]
    with engine.begin() as connection:
        for starts_at, ends_at in spans:
            connection.execute(
                insert(source_coverage).values(
                    source="calls",
                    load_id=number,
                    table_name="incident",
                    starts_at=starts_at,
                    ends_at=ends_at,
                )
            )
    build_states(engine, city, ["incident_count"])
    return engine


def judge(loaded, city, place: Place, at: datetime = AT):
    with loaded.connect() as connection:
        return read_abnormal_load(connection, city, place, at, "120")


@pytest.mark.parametrize(
    "place", [Place(), Place("220104"), Place(cell=int(cell_to_parents([CENTRE], 8)[0]))]
)
def test_e10_a_burst_is_seen_in_the_city_the_district_and_the_cell(loaded, city, place) -> None:
    """E10: level 2 or 3, and the expectation is 4 or 5 calls in that hour of the week."""
    found = judge(loaded, city, place)
    assert found.observed == (43 if place == Place() else 40)
    assert {"seasonal", "ears_c2", "ewma"} == set(found.rules)
    assert found.expected == pytest.approx(4.5, abs=0.2)
    assert found.results[0].area == 0


def test_e10_the_hour_before_was_ordinary(loaded, city) -> None:
    found = judge(loaded, city, Place("220104"), AT - timedelta(hours=1))
    assert (found.level, found.observed) == (0, 4)


def test_e10_a_covered_hour_without_calls_is_0_and_an_uncovered_one_unknown(loaded, city) -> None:
    """E10: missing hour is not 0."""
    quiet = judge(loaded, city, Place("220122"), AT - timedelta(hours=1))
    assert (quiet.observed, quiet.level) == (0, 0)
    assert judge(loaded, city, Place("220104"), AT - timedelta(weeks=1)).level is None
    assert judge(loaded, city, Place("220104"), FIRST - timedelta(days=3)).level is None


def test_e10_a_quiet_cell_is_judged_on_a_larger_area(loaded, city) -> None:
    """E10: λ<1 -> (a) on a coarser cell; here only the city expects one call or more."""
    cell = int(cell_to_parents([FAR], 8)[0])
    found = judge(loaded, city, Place(cell=cell))
    assert found.observed == 3
    seasonal = found.results[0]
    assert (seasonal.area, seasonal.fired) == (len(Place(cell=cell).coarser()), True)
    assert seasonal.statistic == 43


def test_e10_an_hour_begins_at_the_full_hour(loaded, city) -> None:
    with pytest.raises(QueryError, match="full hour"):
        judge(loaded, city, Place(), AT + timedelta(minutes=5))
