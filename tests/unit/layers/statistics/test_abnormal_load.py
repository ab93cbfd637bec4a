"""E10: the three rules and the level."""

from datetime import UTC, date, datetime, timedelta

import pytest
from scipy import stats

from layers.statistics.abnormal_load import (
    HourlySeries,
    alarm_count,
    compute_abnormal_load,
    ears_c2_rule,
    ewma_rule,
    hours_needed,
    seasonal_rule,
)

ZONE = "Asia/Shanghai"
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)  # 17:00 on a Friday in Changchun
HOUR = timedelta(hours=1)


def series(count: int, *, weeks: int = 9, **changed: int | None) -> HourlySeries:
    """Return hours alternating around `count`; `changed` are hours before AT, as h5=..."""
    counts = {
        AT - back * HOUR: count + (1 if (back // 24) % 2 else -1) for back in range(weeks * 168)
    }
    for name, value in changed.items():
        counts[AT - int(name[1:]) * HOUR] = value
    return HourlySeries(ZONE, {hour: value for hour, value in counts.items() if value is not None})


def test_e10_poisson_alarm_at_24_of_11() -> None:
    """E10 Test: λ=11 -> c=24 (p=.000464; c=23 p=.001042)."""
    assert alarm_count(11) == 24
    assert stats.poisson(11).sf(23) == pytest.approx(0.000464, abs=5e-7)
    assert stats.poisson(11).sf(22) == pytest.approx(0.001042, abs=5e-7)


def test_e10_overdispersed_counts_need_more() -> None:
    """E10: variance/mean > 1.5 -> negative binomial of the same mean and variance."""
    law = stats.nbinom(121 / 22, 1 / 3)  # mean 11, variance 33
    assert (law.mean(), law.var()) == pytest.approx((11, 33))
    count = alarm_count(11, 33.0)
    assert law.sf(count - 1) < 0.001 <= law.sf(count - 2)
    assert count > 24
    assert alarm_count(11, 16.5) == 24  # 1.5 is not above 1.5


def test_e10_ears_c2() -> None:
    """E10 Test: base 10,12,11,9,13,10,12, x=25 -> mean 11, C2 9.8995, limit 15.24."""
    found = ears_c2_rule(25, [10, 12, 11, 9, 13, 10, 12])
    assert found.fired
    assert found.expected == 11
    assert found.statistic == pytest.approx(9.8995, abs=5e-5)
    assert found.limit == pytest.approx(15.24, abs=5e-3)
    assert found.limit is not None
    assert (found.limit - 11) / 3 == pytest.approx(1.41421, abs=5e-6)


def test_e10_c2_of_equal_values_has_a_least_deviation() -> None:
    """E10: max(sd, 0.5), so the limit is mean + 1.5 and only above it is an alarm."""
    assert ears_c2_rule(5, [3] * 7).limit == 4.5
    assert not ears_c2_rule(4, [3] * 7).fired
    assert ears_c2_rule(5, [3] * 7).fired
    assert ears_c2_rule(50, [3] * 4).fired is None


def test_e10_ewma_alarm_at_the_seventh_value() -> None:
    """E10 Test: μ=11, σ=√11, x=10,12,11,14,16,18,20 -> alarm at t=7 (z 16.2288 > 15.1656)."""
    values = [10, 12, 11, 14, 16, 18, 20]
    fired = [bool(ewma_rule(values[:t], 11, 11**0.5).fired) for t in range(1, 8)]
    assert fired == [False] * 6 + [True]
    last = ewma_rule(values, 11, 11**0.5)
    assert last.statistic == pytest.approx(16.2288, abs=5e-5)
    assert last.limit == pytest.approx(15.1656, abs=5e-5)


def test_e10_an_ordinary_hour_has_level_0() -> None:
    """E10: no rule fires, and the expectation is that of the weeks before."""
    found = compute_abnormal_load(series(10), AT, [])
    assert (found.level, found.rules, found.observed) == (0, (), 9)
    assert found.expected == 10
    assert found.limit == 22  # Poisson of 10


def test_e10_a_burst_fires_all_three() -> None:
    """E10: level = number of rules that fire."""
    found = compute_abnormal_load(series(10, h0=40, h1=40, h2=35), AT, [])
    assert (found.level, found.rules) == (3, ("seasonal", "ears_c2", "ewma"))


def test_e10_a_slow_rise_is_seen_by_ewma_only() -> None:
    """E10: hours a little above expectation add up."""
    risen = {f"h{back}": 16 for back in range(1, 12)}
    found = compute_abnormal_load(series(10, h0=13, **risen), AT, [])
    assert found.rules == ("ewma",)


def test_e10_a_missing_hour_is_skipped_and_is_not_0() -> None:
    """E10: an unknown hour has no level; unknown hours of other weeks do not lower the mean."""
    assert compute_abnormal_load(series(10, h0=None), AT, []).level is None
    gaps = {f"h{168 * week}": None for week in (1, 3, 5)}
    found = compute_abnormal_load(series(10, **gaps), AT, [])
    assert found.expected == pytest.approx((9 + 9 + 9 + 9 + 11) / 5, abs=0.9)
    many = {f"h{168 * week}": None for week in range(1, 6)}
    seasonal = compute_abnormal_load(series(10, **many), AT, []).results[0]
    assert seasonal.fired is None


def test_e10_holidays_and_alerts_are_no_ordinary_weeks() -> None:
    """E10: λ is the mean without holidays and alert weeks."""
    loaded = series(10, h168=100, h336=100)
    with_them = compute_abnormal_load(loaded, AT, []).expected
    without = compute_abnormal_load(
        loaded, AT, [date(2026, 11, 13)], alerted=[AT - timedelta(weeks=2)]
    ).expected
    assert with_them is not None
    assert with_them > 30
    assert without == 10


def test_e10_fewer_than_one_expected_is_judged_on_a_larger_area() -> None:
    """E10: λ<1 -> use (a) on a coarser cell."""
    quiet = HourlySeries(ZONE, dict.fromkeys(series(1).counts, 0) | {AT: 2})
    assert seasonal_rule(2, [0] * 8).fired is None
    alone = compute_abnormal_load(quiet, AT, []).results[0]
    assert (alone.fired, alone.expected) == (None, 0)
    within = compute_abnormal_load(quiet, AT, [], coarser=[quiet, series(10, h0=30)]).results[0]
    assert (within.fired, within.area, within.expected) == (True, 2, 10)


def test_e10_the_same_hour_on_the_clock_where_clocks_are_set() -> None:
    """E10: hours of the week are local: in Berlin a week before 25 March 17:00 is 16:00 UTC."""
    at = datetime(2026, 3, 31, 15, tzinfo=UTC)  # 17:00 summer time
    needed = hours_needed(at, "Europe/Berlin")
    assert datetime(2026, 3, 24, 16, tzinfo=UTC) in needed
    assert len(hours_needed(AT, ZONE)) == 24 * 9 + 7 - 1  # day t-7 is week t-1
