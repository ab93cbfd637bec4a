"""Services of a timetable: every day, and weekdays on top, with holidays and make-up days."""

from datetime import date, timedelta

import polars as pl

from geodata.city.configuration import City
from simulator.config import Transit

EVERY_DAY, WEEKDAYS = "D", "WD"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _text(on: date) -> str:
    return on.strftime("%Y%m%d")


def calendar(rules: Transit) -> pl.DataFrame:
    """Return calendar.txt: `D` runs daily, `WD` from Monday to Friday in addition."""
    span = {"start_date": _text(rules.starts_on), "end_date": _text(rules.ends_on)}
    weekdays = {day: int(number < 5) for number, day in enumerate(_DAYS)}
    return pl.DataFrame(
        [
            {"service_id": EVERY_DAY, **dict.fromkeys(_DAYS, 1), **span},
            {"service_id": WEEKDAYS, **weekdays, **span},
        ]
    )


def published_days(city: City) -> dict[date, bool]:
    """Return the days whose kind is not that of their weekday: True on make-up workdays."""
    days: dict[date, bool] = {}
    for holiday in city.holidays:
        length = (holiday.ends_on - holiday.starts_on).days + 1
        days |= {holiday.starts_on + timedelta(days=number): False for number in range(length)}
        days |= dict.fromkeys(holiday.make_up_on, True)
    return days


def calendar_dates(city: City, rules: Transit) -> pl.DataFrame:
    """Return calendar_dates.txt: no weekday service on holidays, one on make-up days.

    The city's published days take precedence; assumed ones fill the years beyond them.
    """
    published = published_days(city)
    reach = max(published, default=date.min)
    assumed = dict.fromkeys(rules.holidays, False) | dict.fromkeys(rules.makeup_days, True)
    days = published | {on: works for on, works in assumed.items() if on > reach}
    rows = [
        {"service_id": WEEKDAYS, "date": _text(on), "exception_type": 1 if works else 2}
        for on, works in sorted(days.items())
        if rules.starts_on <= on <= rules.ends_on and works == (on.weekday() >= 5)
    ]
    schema = {"service_id": pl.String, "date": pl.String, "exception_type": pl.Int64}
    return pl.DataFrame(rows, schema=schema)
