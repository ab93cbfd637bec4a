from datetime import date, timedelta

import polars as pl
import pytest
from pydantic import ValidationError

from etl.gtfs.window import choose_dates, fit_dates
from etl.source.mapping import Expansion

DAYS = pl.Series([date(2026, 11, 1) + timedelta(days=i) for i in range(30)])


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 10), date(2026, 11, 10), date(2026, 11, 16)),
        (date(2026, 11, 28), date(2026, 11, 28), date(2026, 11, 30)),
        (date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 7)),
        (date(2027, 1, 1), date(2026, 11, 24), date(2026, 11, 30)),
    ],
    ids=["now", "ends soon", "not yet", "expired"],
)
def test_the_week_from_today_else_the_nearest_one_the_feed_has(
    today: date, first: date, last: date
) -> None:
    dates = choose_dates(DAYS, Expansion(), today)
    assert (dates[0], dates[-1]) == (first, last)


def test_a_declared_window_wins() -> None:
    expansion = Expansion.model_validate({"from": "2026-11-03", "days": 2})
    assert choose_dates(DAYS, expansion, date(2026, 11, 20)) == [
        date(2026, 11, 3), date(2026, 11, 4),
    ]  # fmt: skip


def test_days_without_service_inside_the_window_belong_to_it() -> None:
    dates = choose_dates(DAYS.filter(DAYS.dt.weekday() < 6), Expansion(), date(2026, 11, 5))
    assert len(dates) == 7


def test_a_feed_without_service_has_no_dates() -> None:
    assert choose_dates(DAYS.clear(), Expansion(), date(2026, 11, 5)) == []


def test_as_many_days_as_fit_but_at_least_one() -> None:
    dates = list(DAYS[:3])
    runs = pl.DataFrame({"trip_id": ["T"] * 3, "service_on": dates})
    stop_times = pl.DataFrame({"trip_id": ["T"] * 10})
    assert fit_dates(dates, runs, stop_times, 20) == dates[:2]
    assert fit_dates(dates, runs, stop_times, 5) == dates[:1]


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ValidationError):
        Expansion.model_validate({"weeks": 1})
