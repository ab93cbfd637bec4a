"""METHODS 9: one set of limits for the kiosk and for what GIS clients read."""

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.disclosure.rules import adds_up, disclosive_counts, may_be_on_hexagons, smallest_count

CHANGCHUN = load_city("changchun")


@pytest.mark.parametrize(
    ("key", "k"),
    [
        ("incident_count", 5),
        ("call_to_arrival_p90", 5),
        ("beds_per_1000", 10),
        ("nearest_hospital_min", None),
        ("down_mean_mbps", None),
    ],
)
def test_9_the_smallest_count(key: str, k: int | None) -> None:
    """METHODS 9: k is 5 for incidents, 10 for health."""
    assert smallest_count(find_indicator(CHANGCHUN, key)) == k


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("incident_count", ("value",)),
        ("open_incidents", ("value",)),
        ("incident_rate_10k", ("num",)),
        ("within_target_share", ("num", "den", "diff")),
        ("call_to_arrival_p90", ("n",)),
    ],
)
def test_9_what_a_value_gives_away(key: str, told: tuple[str, ...]) -> None:
    """METHODS 9: a rate hides what its numerator or its denominator hides."""
    indicator = find_indicator(CHANGCHUN, key)
    assert disclosive_counts(indicator) == told
    assert adds_up(indicator) is (len(told) == 1 and told != ("n",))


def test_9_health_is_not_published_below_the_district() -> None:
    """METHODS 9: always suppress health below district; of what is open now, too."""
    beds = find_indicator(CHANGCHUN, "beds_per_1000")
    assert not may_be_on_hexagons(beds.model_copy(update={"geometry": ("cell", "district")}))
    assert not may_be_on_hexagons(find_indicator(CHANGCHUN, "open_incidents"))
    assert may_be_on_hexagons(find_indicator(CHANGCHUN, "incident_count"))
    assert may_be_on_hexagons(find_indicator(CHANGCHUN, "nearest_hospital_min"))
