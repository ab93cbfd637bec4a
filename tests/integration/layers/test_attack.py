"""METHODS 9 attacked: a published city whose small counts are known here, and to nobody else.

Each test is one way to work a withheld count out; it prints how many it tried and recovered.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path

import h3
import numpy as np
import polars as pl
import pytest
from sqlalchemy import Connection, Engine, insert, select

from geodata import tables
from geodata.city.configuration import City
from geodata.published.reading import read_districts_of, read_numbers_of
from geodata.space.grid import cells_to_texts
from geodata.tables import NO_DISTRICT
from layers.build.run import build_states
from layers.catalogue.registry import find_indicator
from layers.disclosure.publish import publish_layers
from layers.disclosure.report import read_report
from layers.disclosure.shares import bases_of, step_of
from layers.maps.breaks import layer_breaks
from layers.maps.cell_lists import districts_of, read_cells
from layers.states.status import Status
from tests.attacker import Attacker
from tests.integration.layers.conftest import make_add, make_points
from tests.integration.layers.conftest import place as placed

K = 5
RES = 8
PLACES = 160
KEYS = (
    "incident_count",
    "incident_calls",
    "incident_rate_10k",
    "within_target_share",
    "call_to_arrival_p90",
    "open_incidents",
    "residents",
)
FIRST = datetime(2026, 9, 30, 16, tzinfo=UTC)  # 2026-10-01 in Changchun
LAST = FIRST + timedelta(days=31)
EVENTS, CALLS, RATE, SHARE, P90 = KEYS[:5]


@dataclass(frozen=True)
class Published:
    """What anybody can read of one layer: the value of each place, None where withheld."""

    values: dict[str, float | None]
    statuses: dict[str, int]
    bounds: int  # intervals and n that are published

    @property
    def withheld(self) -> set[str]:
        return {key for key, status in self.statuses.items() if status == Status.SUPPRESSED}


@dataclass(frozen=True)
class Secret:
    """What happened, by place: hexagon, district or the city's code."""

    events: Counter[str]
    calls: Counter[str]
    timed: Counter[str]  # events with a known time to arrive, of channels with a target
    in_time: Counter[str]
    measured: Counter[str]  # events with a known time from call to arrival


def records_of(points, counts, start: int = 0) -> Iterator[dict]:
    """Events at points, some told of twice, some without a time, one in thirteen not located."""
    lon, lat, cell, district = points
    number = start
    for index, count in enumerate(counts):
        for _ in range(int(count)):
            number += 1
            at = FIRST + timedelta(minutes=7 * number % (31 * 1440 - 60))
            place = {
                "cell": int(cell[index]),
                "district_id": str(district[index]),
                "geom": f"SRID=4326;POINT({lon[index]} {lat[index]})",
            }
            nowhere = {"cell": None, "district_id": "unknown", "geom": None}
            row = {
                "event_id": str(number),
                "channel": ("119", "120", "110")[number % 3],
                "received_at": at,
                "notified_at": at + timedelta(seconds=60),
                "arrived_at": None
                if number % 9 == 0
                else at + timedelta(seconds=200 + number % 500),
                "is_emergency": True,
                **(nowhere if number % 130 == 0 else place),
            }
            yield {"record_id": str(number), "is_duplicate": False, **row}
            if number % 4 == 0:
                yield {"record_id": f"{number}r", "is_duplicate": True, **row}


def secret_of(rows: list[dict], city: City) -> Secret:
    """Count what the records say in every hexagon, district and the city."""
    found = Secret(*(Counter() for _ in range(5)))
    for row in rows:
        places = [city.code, row["district_id"]]
        if row["cell"] is not None:
            places.append(cell_at(row))
        for place in places:
            found.calls[place] += 1
            if row["is_duplicate"]:
                continue
            found.events[place] += 1
            if row["arrived_at"] is None:
                continue
            found.measured[place] += 1
            seconds = (row["arrived_at"] - row["notified_at"]).total_seconds()
            limit = {"119": 300, "120": 540}.get(row["channel"])
            if limit is not None:
                found.timed[place] += 1
                found.in_time[place] += seconds <= limit
    return found


def cell_at(row: dict) -> str:
    return h3.cell_to_parent(h3.int_to_str(row["cell"]), RES)


@dataclass(frozen=True)
class Attacked:
    """A published city, what is secret of it, and what it takes to publish it again."""

    engine: Engine
    city: City
    data_dir: Path
    rows: list[dict]
    points: tuple

    def read(self) -> dict[str, Published]:
        """Read everything that is published of events, as anybody can."""
        with self.engine.connect() as connection:
            return {key: self._read(connection, key) for key in KEYS}

    def _read(self, connection: Connection, key: str) -> Published:
        hexes = read_numbers_of(connection, key, RES)
        districts = read_districts_of(connection, key)
        names = [*cells_to_texts(hexes["cell"].to_numpy()), *districts["district_id"].to_list()]
        found = pl.concat([hexes.drop("cell"), districts.drop("district_id")])
        bounds = sum(found[each].drop_nulls().len() for each in ("lo", "hi", "n"))
        values = dict(zip(names, found["value"], strict=True))
        return Published(values, dict(zip(names, found["status"], strict=True)), bounds)

    def touches(self) -> dict[str, list[str]]:
        """Return the districts that each hexagon touches: geometry, which anybody has."""
        found: dict[str, list[str]] = {}
        for district_id in districts_of(self.city)["district_id"]:
            for zone in cells_to_texts(read_cells(self.data_dir, self.city, district_id, RES)):
                found.setdefault(zone, []).append(district_id)
        return found

    def add(self, counts: np.ndarray, source: str) -> None:
        """Load more events of the month, and build."""
        new = list(records_of(self.points, counts, start=10_000 + len(self.rows)))
        make_add(self.engine, self.city)("incident", new, source=source, event_to=LAST)
        self.rows.extend(new)
        build_states(self.engine, self.city, KEYS[:3])


@pytest.fixture(scope="module")
def attacked(engine: Engine, city: City, tmp_path_factory) -> Attacked:
    """October: many places with few events, some with many; districts with next to none."""
    rng = np.random.default_rng(3)
    points = make_points(city)
    known = np.flatnonzero(~np.isin(points[3], NO_DISTRICT))[:PLACES]
    points = tuple(np.asarray(each)[known] for each in points)
    counts = np.select(
        [rng.random(PLACES) < 0.55, rng.random(PLACES) < 0.7],
        [rng.integers(1, 8, PLACES), rng.integers(8, 40, PLACES)],
        rng.integers(50, 140, PLACES),
    )
    few = points[3] == min(points[3], key=points[3].tolist().count)
    counts[few] = 0
    counts[np.flatnonzero(few)[0]] = 3  # all that happened in its district
    rows = list(records_of(points, counts))
    add = make_add(engine, city)
    number = add("incident", rows, source="events", event_to=LAST)
    covered = {"source": "events", "load_id": number, "table_name": "incident"}
    with engine.begin() as connection:
        connection.execute(
            insert(tables.source_coverage).values(**covered, starts_at=FIRST, ends_at=LAST)
        )
    people = [
        {
            "unit_id": str(index),
            "vintage_on": date(2020, 11, 1),
            "residents": float(rng.integers(300, 9000)),
            **placed(points, index),
        }
        for index in range(PLACES)
    ]
    add("population", people, source="census", event_to=LAST)
    build_states(engine, city, KEYS)
    data_dir = tmp_path_factory.mktemp("attacked")
    publish_layers(engine, city, data_dir, KEYS)
    return Attacked(engine, city, data_dir, rows, points)


@pytest.fixture(scope="module")
def secret(attacked: Attacked) -> Secret:
    return secret_of(attacked.rows, attacked.city)


@pytest.fixture(scope="module")
def public(attacked: Attacked) -> dict[str, Published]:
    """Everything that is published, as first read."""
    return attacked.read()


def said(attack: str, tried: int, recovered: object) -> None:
    """Print what an attack did; it fails if it recovered anything."""
    count = len(recovered) if isinstance(recovered, (dict, set, list)) else recovered
    print(f"attack: {attack}: tried {tried}, recovered {count}")  # noqa: T201 - its figures
    assert tried > 0
    assert not recovered


def programs(attacked: Attacked, public: dict[str, Published]) -> Attacker:
    """Set up all that is published of events, calls, rates and shares, at every level."""
    attacker, touches = Attacker(), attacked.touches()
    for key in (EVENTS, CALLS):
        levels(attacker, key, public[key], touches, attacked.city)
    for place, value in public[EVENTS].values.items():
        if value != 0:
            attacker.know_at_most({f"{EVENTS} {place}": 1, f"{CALLS} {place}": -1}, 0.0)
    know_ratios(attacker, public)
    return attacker


def know_ratios(attacker: Attacker, public: dict[str, Published]) -> None:
    """Know what rates, shares and percentiles say of the events."""
    people = public["residents"].values
    for place, rate in public[RATE].values.items():
        if rate and people.get(place):
            attacker.know(f"{EVENTS} {place}", round(rate * people[place] / 10_000))
    for place, share in public[SHARE].values.items():
        if share:
            know_share(attacker, place, share / 100)
    for place, value in public[P90].values.items():
        if value is not None:
            attacker.know_at_most({f"{EVENTS} {place}": -1}, -10 * K)


def levels(
    attacker: Attacker, key: str, public: Published, touches: dict[str, list[str]], city: City
) -> None:
    """Know what is shown, and that hexagons make up districts, and districts the city."""
    districts = [place for place in public.values if place not in touches and place != city.code]
    attacker.add_up(f"{key} {city.code}", [f"{key} {each}" for each in districts])
    pieces: dict[str, list[str]] = {each: [] for each in districts}
    for place, value in public.values.items():
        if value is not None and not (value == 0 and place in touches):
            attacker.know(f"{key} {place}", value)
        if place in touches and value != 0:
            own = {each: f"{key} {place} in {each}" for each in touches[place]}
            attacker.add_up(f"{key} {place}", own.values())
            for each, piece in own.items():
                pieces[each].append(piece)
    for each in {district for zone in touches.values() for district in zone}:
        attacker.add_up(f"{key} {each}", pieces[each])


def know_share(attacker: Attacker, place: str, share: float) -> None:
    """Know what a rounded share says: the class of its base, and parts of none or of k at least."""
    base, part, whole = f"base {place}", f"part {place}", f"{EVENTS} {place}"
    steps = [step for step in (1, 2, 5, 10, 20, 50, 100, 200) if round(share * 1000) % step == 0]
    step = max(steps)  # the coarsest that gives these digits: the true one is no coarser
    attacker.know_at_most({base: 1, whole: -1}, 0.0)
    attacker.know_at_most({part: 1, base: -(share + step / 2000)}, 0.0)
    attacker.know_at_most({part: -1, base: share - step / 2000}, 0.0)
    attacker.know_at_most({base: -1}, -float(bases_of(step, K).start))


def test_9_linear_programs_over_all_that_is_published(
    attacked: Attacked, public: dict[str, Published], secret: Secret
) -> None:
    """Subtraction over levels, measures, rates and shares at once, for every withheld count."""
    attacker = programs(attacked, public)
    names = [
        f"{key} {place}"
        for key, true in ((EVENTS, secret.events), (CALLS, secret.calls))
        for place in public[key].withheld
        if true[place]
    ]
    small = [name for name in names if 0 < secret.events[name.split()[1]] < K]
    assert len(small) > 20
    assert any(f"{EVENTS} {each}" in small for each in districts_of(attacked.city)["district_id"])
    said("all that is published, by linear programs", len(names), attacker.recovered(names, K))
    for name in names:
        attacker.know_at_most({name: -1}, -1)  # zeros are shown: what is withheld happened
    said("the same, knowing that zeros are shown", len(names), attacker.recovered(names, K - 1))
    *others, last = sorted(name for name in names if name.startswith(EVENTS))
    for name in others:
        attacker.know(name, secret.events[name.split()[1]])
    assert attacker.recovered([last], K), "the attack works: all but one make that one known"
    said(f"of these below {K}, by {attacker.programs} linear programs", len(small), 0)


def test_9_the_report_says_how_closely_a_reader_can_tell(
    attacked: Attacked, public: dict[str, Published], secret: Secret
) -> None:
    """The engine's own figures of what it published agree with what is there."""
    lines = {
        (line.layer, line.level): line
        for line in read_report(attacked.engine, attacked.city, attacked.data_dir)
    }
    zones = attacked.touches().keys()
    for key, true in ((EVENTS, secret.events), (CALLS, secret.calls)):
        line = lines[key, "h3-8"]
        withheld = public[key].withheld & zones
        assert line.primary + line.complementary == len(withheld)
        assert line.primary == sum(0 < true[zone] < K for zone in withheld)
        assert line.programs > 10
        for level in ("district", "h3-8"):
            assert K <= lines[key, level].narrowest < np.inf
    assert lines[SHARE, "h3-8"].narrowest is None


def test_9_no_small_count_is_shown(public: dict[str, Published], secret: Secret) -> None:
    shown = [
        (key, place)
        for key, true in ((EVENTS, secret.events), (CALLS, secret.calls), (RATE, secret.events))
        for place, value in public[key].values.items()
        if value is not None and 0 < true[place] < K
    ]
    said("small counts, read", sum(len(public[key].values) for key in (EVENTS, CALLS)), shown)
    said("intervals and n", 3 * len(KEYS), sum(public[key].bounds for key in KEYS[:6]))
    truth = {place: value for place, value in public[EVENTS].values.items() if value is not None}
    assert truth == {place: secret.events[place] for place in truth}
    assert sum(value > 0 for value in truth.values()) > 60


def test_9_calls_beside_events(public: dict[str, Published]) -> None:
    """What one of the measures withholds none of the others shows."""
    shown = {
        (key, place)
        for key in (CALLS, RATE, SHARE, P90)
        for place in public[EVENTS].withheld
        if public[key].values.get(place) is not None
    }
    said("calls, rates, shares and percentiles beside events", len(public[EVENTS].withheld), shown)
    assert public[EVENTS].withheld == public[CALLS].withheld


def test_9_ratios_back_to_counts(public: dict[str, Published], secret: Secret) -> None:
    """A rate times the residents; all pairs that a share agrees with, beside the events shown."""
    people = public["residents"].values
    rates = {place: rate for place, rate in public[RATE].values.items() if rate}
    back = {
        place: round(rate * people[place] / 10_000)
        for place, rate in rates.items()
        if people.get(place)
    }
    said(
        "rates times residents",
        len(back),
        {place for place in back if back[place] != public[EVENTS].values[place]},
    )
    shares = {
        place: share / 100
        for place, share in public[SHARE].values.items()
        if share not in (None, 0, 100)
    }
    recovered = set()
    for place, share in shares.items():
        pairs = [
            (num, base)
            for base in range(2 * K, min(int(public[EVENTS].values[place]), 600) + 1)
            for num in range(K, base - K + 1)
            if abs(num / base - share) <= step_of(base, K) / 2000
        ]
        assert secret.timed[place] > 600 or (secret.in_time[place], secret.timed[place]) in pairs
        if len(pairs) < 2 or any(max(part) - min(part) < K for part in zip(*pairs, strict=True)):
            recovered.add(place)
    said("shares back to their parts", len(shares), recovered)


def test_9_percentiles_of_few(public: dict[str, Published], secret: Secret) -> None:
    shown = [place for place, value in public[P90].values.items() if value is not None]
    extreme = {place for place in shown if secret.measured[place] < 10 * K}
    said("percentiles of single people", len(shown), extreme)


def test_9_types_and_periods(attacked: Attacked) -> None:
    """No police sub-type, no finer hexagon, nothing open on one, no periods that overlap."""
    c = tables.published_layer.c
    with attacked.engine.connect() as connection:
        layers = connection.execute(
            select(c.name, c.component, c.res, c.starts_at, c.ends_at).where(
                c.smallest_count.is_not(None)
            )
        ).all()
    typed = {each.name for each in layers if each.component != "all"}
    fine = {each.name for each in layers if max(each.res, default=0) > RES}
    said("types and fine hexagons", len(layers), typed | fine)
    assert next(each.res for each in layers if each.name == "open_incidents") == []
    overlapping = [
        (one.name, two.name)
        for one, two in combinations(layers, 2)
        if one.name != "open_incidents" != two.name
        and one.starts_at < two.ends_at
        and two.starts_at < one.ends_at
        and (one.starts_at, one.ends_at) != (two.starts_at, two.ends_at)
    ]
    said("periods that overlap", len(layers), overlapping)


def test_9_legend_ends(attacked: Attacked, public: dict[str, Published]) -> None:
    """Breaks, least and most are those of what is shown: they do not move with what is withheld."""
    values = public[EVENTS].values.values()
    shown = np.array([np.nan if value is None else value for value in values])
    breaks = layer_breaks(shown, find_indicator(attacked.city, EVENTS))
    least = np.nanmin(shown[shown > 0])
    said("legend ends", len(breaks), [each for each in breaks if each < K or least < K])


def test_9_versions_of_one_period(
    attacked: Attacked, public: dict[str, Published], caplog: pytest.LogCaptureFixture
) -> None:
    """Late events: the edition is held and says so; restated, no change of few is to be had."""
    first, rows = public, list(attacked.rows)
    late = np.zeros(PLACES, dtype=int)
    late[:40] = 1
    late[40:44] = 60
    attacked.add(late, "late")
    publish_layers(attacked.engine, attacked.city, attacked.data_dir, KEYS[:3])
    held = attacked.read()
    assert "stays as published" in caplog.text
    changed = {key for key in (EVENTS, CALLS, RATE) if held[key].values != first[key].values}
    said("versions, held", 3, changed)
    publish_layers(attacked.engine, attacked.city, attacked.data_dir, KEYS[:3], restate=True)
    second = attacked.read()
    assert second[EVENTS].values != first[EVENTS].values
    assert first[EVENTS].withheld <= second[EVENTS].withheld
    both = {
        (key, place): abs(second[key].values[place] - value)
        for key in (EVENTS, CALLS)
        for place, value in first[key].values.items()
        if value is not None and second[key].values.get(place) is not None
    }
    said("versions, restated", len(both), {each for each, change in both.items() if 0 < change < K})
    told = {key: change_of(first[key], second[key]) for key in (EVENTS, CALLS)}
    attacker, before = Attacker(), secret_of(rows, attacked.city)
    for key in told:
        levels(attacker, key, told[key], attacked.touches(), attacked.city)
    after = secret_of(attacked.rows, attacked.city)
    small = [
        f"{key} {place}"
        for key, now, then in (
            (EVENTS, after.events, before.events),
            (CALLS, after.calls, before.calls),
        )
        for place in told[key].withheld
        if 0 < now[place] - then[place] < K
    ]
    said("changes, by linear programs", len(small), attacker.recovered(small, K))


def change_of(first: Published, second: Published) -> Published:
    """Return what both editions together tell of each place: the change, where both show it."""
    changes = {
        place: None
        if value is None or second.values[place] is None
        else second.values[place] - value
        for place, value in first.values.items()
    }
    hidden = {place: int(Status.SUPPRESSED) for place, value in changes.items() if value is None}
    return Published(changes, {**dict.fromkeys(changes, 0), **hidden}, 0)
