"""METHODS 9: levels, measures and editions are one system."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.disclosure.joint import (
    Grid,
    Joint,
    Measure,
    Pattern,
    has_small_change,
    joint_of,
    with_changes,
)
from layers.disclosure.places import NOWHERE, TOTAL, withheld_of_table
from layers.disclosure.population import is_base_published, members_of, population_of
from layers.disclosure.rules import resolutions_of, smallest_count
from layers.disclosure.series import components_of
from tests.attacker import Attacker, Span

CHANGCHUN = load_city("changchun")
CATALOGUE = load_catalogue(CHANGCHUN)
EVENTS = find_indicator(CHANGCHUN, "incident_count")
CALLS = find_indicator(CHANGCHUN, "incident_calls")
K = 5


@dataclass(frozen=True)
class Reading:
    value: float | None = None
    num: float | None = None
    den: float | None = None
    n: int | None = None


def grid_of(districts: list[str]) -> Grid:
    places = [tuple(each.split("+")) for each in districts]
    return Grid([f"z{number}" for number in range(len(places))], places)


def measure(indicator, cells: list[float], grid: Grid, nowhere: float = 0.0) -> Measure:
    """A measure whose hexagons across a boundary lie half in each district."""
    totals: dict[str, float] = {}
    for count, place in zip(cells, grid.places, strict=True):
        first = count // 2 if len(place) > 1 else count
        totals[place[0]] = totals.get(place[0], 0.0) + first
        if len(place) > 1:
            totals[place[1]] = totals.get(place[1], 0.0) + count - first
    readings = {key: Reading(value=count) for key, count in totals.items()}
    whole = Reading(value=sum(totals.values()) + nowhere)
    return Measure(indicator, readings, whole, np.array(cells, dtype=np.float64))


def attack(joint: Joint, found: Pattern) -> dict[str, Span]:
    """Return what is recovered of the withheld counts from all that is shown of every table."""
    recovered: dict[str, Span] = {}
    for table in joint.tables:
        attacker = Attacker()
        counts = table.districts.counts
        attacker.add_up(TOTAL, [key for key in counts if key != TOTAL])
        secret = know_all_but(attacker, counts, {*found.districts, NOWHERE})
        cells = dict(zip(joint.grid.zones, table.counts, strict=True))
        secret += know_all_but(attacker, cells, found.zones)
        know_pieces(attacker, joint.grid)
        if not 0 < counts.get(NOWHERE, 0) < K:
            secret = [each for each in secret if each != NOWHERE]  # many nowhere are no secret
        recovered |= attacker.recovered(secret, K)
    return recovered


def know_all_but(
    attacker: Attacker, counts: Mapping[str, float], hidden: Collection[str]
) -> list[str]:
    for key in counts.keys() - hidden:
        attacker.know(key, counts[key])
    return sorted(counts.keys() & hidden)


def know_pieces(attacker: Attacker, grid: Grid) -> None:
    """Hexagons are made of pieces, and so are the districts."""
    pieces: dict[str, list[str]] = {}
    for zone, places in zip(grid.zones, grid.places, strict=True):
        own = [f"{zone} in {place}" for place in places]
        attacker.add_up(zone, own)
        for place, piece in zip(places, own, strict=True):
            pieces.setdefault(place, []).append(piece)
    for place, own in pieces.items():
        attacker.add_up(place, own)


counts = st.one_of(st.integers(0, 7), st.integers(0, 60))


@settings(max_examples=8)
@given(
    st.lists(
        st.tuples(counts, st.integers(0, 3), st.sampled_from(["a", "b", "c", "a+b", "b+c"])),
        min_size=3,
        max_size=10,
    ),
    st.integers(0, 6),
)
def test_9_no_random_table_of_levels_and_measures_tells_a_withheld_count(cells, nowhere) -> None:
    """Hexagons, pieces across boundaries, districts, the rest and the city, of calls and events."""
    grid = grid_of([place for _, _, place in cells])
    events = [float(count) for count, _, _ in cells]
    calls = [float(count + more * (count > 0)) for count, more, _ in cells]
    joint = joint_of(
        [
            measure(EVENTS, events, grid, float(nowhere)),
            measure(CALLS, calls, grid, float(nowhere)),
        ],
        grid,
        K,
    )
    found = joint.solve(Pattern())
    for table in joint.tables:
        small = {key for key, count in table.districts.counts.items() if 0 < count < K}
        assert small - {NOWHERE} <= found.districts
        hexes = zip(joint.grid.zones, table.counts, strict=True)
        assert {zone for zone, count in hexes if 0 < count < K} <= found.zones
    assert attack(joint, found) == {}


def test_9_withheld_districts_are_not_told_by_their_hexagons() -> None:
    """x has 3 events, y is withheld beside it: were all hexagons of y shown, both would follow."""
    grid = grid_of(["x", "y", "y", "z", "z"])
    joint = joint_of([measure(EVENTS, [3, 20, 30, 90, 80], grid)], grid, K)
    found = joint.solve(Pattern())
    assert found.districts == {"x", "y"}
    assert found.zones == {"z0", "z1"}


def test_9_calls_and_events_are_withheld_on_the_same_hexagons() -> None:
    """Five calls of four events: the calls alone would say that there were five events at most."""
    grid = grid_of(["a"] * 4)
    alone = joint_of([measure(CALLS, [5, 40, 50, 60], grid)], grid, K).solve(Pattern())
    both = [measure(EVENTS, [4, 30, 45, 50], grid), measure(CALLS, [5, 40, 50, 60], grid)]
    assert alone.zones == frozenset()
    assert joint_of(both, grid, K).solve(Pattern()).zones == {"z0", "z1"}


def test_9_a_city_is_withheld_with_the_only_district_that_has_any() -> None:
    rows = {"a": Reading(value=3.0), "b": Reading(value=0.0)}
    assert withheld_of_table(rows, EVENTS, (), Reading(value=3.0)) == {"a", TOTAL}


def test_9_few_that_lie_nowhere_are_not_told_by_the_city_less_its_districts() -> None:
    rows = {"a": Reading(value=30.0), "b": Reading(value=70.0)}
    assert withheld_of_table(rows, EVENTS, (), Reading(value=103.0)) == {"a"}
    assert withheld_of_table(rows, EVENTS, (), Reading(value=160.0)) == frozenset()


def test_9_five_ones_do_not_hide_behind_each_other() -> None:
    """Zeros are shown, so five hidden counts that add up to five are one each."""
    grid = grid_of(["a"] * 6)
    found = joint_of([measure(EVENTS, [1, 1, 1, 1, 1, 9], grid)], grid, K).solve(Pattern())
    assert found.zones == {f"z{number}" for number in range(6)}


def test_9_what_was_withheld_stays_withheld() -> None:
    grid = grid_of(["a", "a", "a", "b"])
    joint = joint_of([measure(EVENTS, [9, 20, 30, 50], grid)], grid, K)
    assert joint.solve(Pattern()) == Pattern()
    assert joint.solve(Pattern(frozenset(), frozenset({"z0"}))).zones == {"z0", "z1"}


@pytest.mark.parametrize(
    ("late", "held"), [(0, False), (1, True), (4, True), (5, False), (-2, True)]
)
def test_9_an_edition_that_differs_by_few_is_held(late: int, held: bool) -> None:
    """Two editions of one period can be subtracted like two districts."""
    grid = grid_of(["a", "a", "b"])
    joint = joint_of([measure(EVENTS, [20 + late, 30, 40], grid)], grid, K)
    last = {"incident_count": {"a": 50, "b": 40, TOTAL: 90, "z0": 20, "z1": 30, "z2": 40}}
    assert has_small_change(joint, last, "incident_count") is held
    withheld = with_changes(joint, last).solve(Pattern())
    assert ("z0" in withheld.zones and "a" in withheld.districts) is held


def test_9_the_populations_follow_from_the_declarations() -> None:
    """Calls, events and their rate count one table; what is open counts at an instant."""
    assert {each.key for each in members_of(EVENTS, CATALOGUE)} == {
        "incident_count",
        "incident_calls",
        "incident_rate_10k",
    }
    travel, is_open = CATALOGUE["travel_p90"], CATALOGUE["open_incidents"]
    assert population_of(travel) == population_of(EVENTS) != population_of(is_open)
    assert population_of(CATALOGUE["beds_per_1000"]) == population_of(CATALOGUE["doctors_per_1000"])


def test_9_a_base_that_another_indicator_counts_is_found_by_the_declarations() -> None:
    """Records in use over all records, beside all records over the residents."""
    members = members_of(CATALOGUE["ehr_use"], CATALOGUE)
    assert [each.key for each in members] == ["ehr_coverage"]
    assert is_base_published(CATALOGUE["ehr_use"], members)
    assert not is_base_published(CATALOGUE["within_target_share"], members_of(EVENTS, CATALOGUE))
    assert not is_base_published(CATALOGUE["bed_occupancy"], members)


@pytest.mark.parametrize("key", [key for key, each in CATALOGUE.items() if smallest_count(each)])
def test_9_of_people_one_component_at_one_resolution(key: str) -> None:
    """METHODS 9: no police sub-type on cells, health not below the district, no finer than 8."""
    indicator = CATALOGUE[key]
    assert components_of(indicator) in ((), (indicator.default_component,))
    assert resolutions_of(indicator) in ((), (8,))
    if indicator.domain == "health":
        assert resolutions_of(indicator) == ()
