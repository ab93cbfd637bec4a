"""METHODS 9: which layers are published, and which of their periods."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from geodata.city.configuration import load_city
from geodata.errors import DeclarationError
from layers.catalogue.registry import find_indicator
from layers.disclosure.block import complete_blocks
from layers.disclosure.rules import load_disclosure_rules
from layers.disclosure.schedule import periods_to_publish
from layers.disclosure.series import PublicHeadline, Series, series_of
from layers.period import Grain, Period
from layers.values.covered_days import CoveredDays

CHANGCHUN = load_city("changchun")
COUNT = find_indicator(CHANGCHUN, "incident_count")
SHARE = find_indicator(CHANGCHUN, "within_target_share")
SPEED = find_indicator(CHANGCHUN, "down_mean_mbps")
OCTOBER, NOVEMBER = Period.parse("2026-10"), Period.parse("2026-11")


def covered(*ends: date, first: date = date(2024, 1, 1)) -> CoveredDays:
    """What is covered by one component for each of the ends."""
    runs = {str(number): (Period(first, end),) for number, end in enumerate(ends)}
    return CoveredDays(runs, date(2026, 11, 28))


@pytest.mark.parametrize(
    ("told_to", "today", "published"),
    [
        (date(2026, 11, 1), date(2026, 11, 1), True),  # the night after its last day
        (date(2026, 10, 31), date(2026, 11, 1), False),  # its last day is not told yet
        (date(2026, 11, 1), date(2026, 10, 31), False),  # it runs
        (date(2026, 11, 28), date(2026, 11, 28), True),
    ],
)
def test_9_a_month_of_people_is_published_once_it_is_told_to_its_end(
    told_to: date, today: date, published: bool
) -> None:
    """The newest event need not lie after the month, but what covers it must reach its end."""
    periods = periods_to_publish(Series(COUNT, "all"), [OCTOBER], covered(told_to), today)
    assert periods == ((OCTOBER,) if published else ())


def test_9_every_component_must_be_told_to_the_end_that_is_heard_in_a_month() -> None:
    late = covered(date(2026, 11, 28), date(2026, 10, 20))
    today = date(2026, 11, 28)
    assert periods_to_publish(Series(COUNT, "all"), [OCTOBER], late, today) == ()
    gone = covered(date(2026, 11, 28), date(2026, 9, 20))
    assert periods_to_publish(Series(COUNT, "all"), [OCTOBER], gone, today) == (OCTOBER,)


def test_what_counts_nobody_is_published_while_it_runs() -> None:
    today = date(2026, 11, 28)
    asked = (Series(SPEED, "fixed"), [OCTOBER, NOVEMBER, NOVEMBER.previous], covered(today), today)
    assert periods_to_publish(*asked)[:2] == (OCTOBER, NOVEMBER)
    ahead = Period.parse("2026-12")
    assert periods_to_publish(Series(SPEED, "fixed"), [NOVEMBER, ahead], covered(today), today) == (
        NOVEMBER,
    )


def test_only_the_newest_so_many_are_kept() -> None:
    days = Period(date(2024, 1, 1), date(2026, 11, 1))
    steps = list(days.split(Grain.MONTH))
    found = periods_to_publish(Series(COUNT, "all"), steps, covered(days.end), date(2026, 11, 28))
    assert found == tuple(steps[-load_disclosure_rules().kept_periods :])


@pytest.mark.parametrize("days", [7, 28])
def test_9_spans_lie_end_to_end_and_are_over(days: int) -> None:
    steps = list(Period(date(2026, 7, 15), date(2026, 11, 3)).split(Grain.DAY))
    today = date(2026, 11, 20)
    blocks = complete_blocks(days, steps, today)
    assert all(later.first == sooner.end for sooner, later in pairwise(blocks))
    assert blocks[0].first <= steps[0].first < blocks[0].end
    assert blocks[-1].end <= today
    assert blocks[-1].end > steps[-1].first - timedelta(days=days)
    assert complete_blocks(days, [], today) == []


def test_9_a_span_that_a_screen_pools_replaces_the_months_it_would_overlap() -> None:
    fire = PublicHeadline("within_target_share", "119", 28)
    names = [each.name for each in series_of(SHARE, [fire])]
    assert names == ["within_target_share", "within_target_share_119_28d"]
    every = PublicHeadline("within_target_share", days=28)
    assert [each.name for each in series_of(SHARE, [every])] == ["within_target_share_28d"]
    assert all(each.resolutions == () for each in series_of(SHARE, [every]))
    with pytest.raises(DeclarationError, match="two different numbers of days"):
        series_of(SHARE, [fire, PublicHeadline("within_target_share", "119", 7)])


def test_what_counts_nobody_is_published_by_month_and_by_span() -> None:
    pooled = PublicHeadline("down_mean_mbps", "fixed", 28)
    names = [each.name for each in series_of(SPEED, [pooled])]
    assert "down_mean_mbps_fixed" in names
    assert "down_mean_mbps_fixed_28d" in names
    assert len(names) == len(set(names))
