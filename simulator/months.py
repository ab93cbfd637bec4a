"""Groups days by month, as departments split their files."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby


def months(start_on: date, days: int) -> Iterator[tuple[str, list[date]]]:
    """Yield (`YYYYMM`, its days) over `days` days from `start_on`."""
    every = (start_on + timedelta(days=number) for number in range(days))
    for month, group in groupby(every, key=lambda day: day.strftime("%Y%m")):
        yield month, list(group)


def complete_months_before(after: date, count: int) -> list[date]:
    """Return the first days of the `count` months that ended before the day `after`."""
    month = after.replace(day=1)
    listed = []
    for _ in range(count):
        month = (month - timedelta(days=1)).replace(day=1)
        listed.append(month)
    return listed[::-1]
