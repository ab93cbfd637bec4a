"""Formats periods for people: the last day named is the last day included."""

from datetime import date, timedelta

from layers.period import Period

ONE_DAY = timedelta(days=1)


def period_text(period: Period) -> str:
    """Return a calendar unit by its name, any other span by its first and last day."""
    if period.grain:
        return str(period)
    return f"{period.first} – {period.end - ONE_DAY}"


def begun(periods: list[Period], today: date) -> list[Period]:
    """Return the periods that have begun: timetables extend into the future, screens do not."""
    return [period for period in periods if period.first <= today]
