"""Periods: half-open spans of whole local days, written so that they fit in an address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from layers.errors import QueryError


class Grain(StrEnum):
    """A calendar unit: that states are kept by and the time slider steps by."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Return the length in months; a day has none."""
        return {"day": 0, "month": 1, "quarter": 3, "year": 12}[self.value]


_PATTERNS = {
    Grain.DAY: re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    Grain.MONTH: re.compile(r"(\d{4})-(\d{2})"),
    Grain.QUARTER: re.compile(r"(\d{4})Q([1-4])"),
    Grain.YEAR: re.compile(r"(\d{4})"),
}


@dataclass(frozen=True, order=True)
class Period:
    """The local days from `first` up to, and without, `end`."""

    first: date
    end: date

    def __post_init__(self) -> None:
        """Refuse an empty or backward span."""
        if self.end <= self.first:
            raise QueryError(f"a period ends after it starts, not {self.first}--{self.end}")

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read `2026-11-20`, `2026-11`, `2026Q3`, `2026` or `2026-11-01--2026-11-22`.

        The end of a span is excluded.

        Raises:
            QueryError: the text is none of these or names a day that does not exist.
        """
        try:
            if "--" in text:
                first, _, end = text.partition("--")
                return cls(_parse_day(first), _parse_day(end))
            return cls._parse_calendar(text)
        except (ValueError, OverflowError) as error:
            raise QueryError(f"not a period: {text!r}") from error

    @classmethod
    def _parse_calendar(cls, text: str) -> "Period":
        for grain, pattern in _PATTERNS.items():
            match = pattern.fullmatch(text)
            if match:
                year, *rest = (int(part) for part in match.groups())
                if grain is Grain.QUARTER:
                    rest = [3 * rest[0] - 2]
                return cls.containing(date(year, *[*rest, 1, 1][:2]), grain)
        raise ValueError(text)

    @classmethod
    def containing(cls, day: date, grain: Grain | str) -> "Period":
        """Return the calendar day, month, quarter or year that `day` lies in."""
        months = Grain(grain).months
        if not months:
            return cls(day, day + timedelta(days=1))
        first = date(day.year, (day.month - 1) // months * months + 1, 1)
        return cls(first, _add_months(first, months))

    @classmethod
    def last_days(cls, count: int, end: date) -> "Period":
        """Return the `count` days before `end`."""
        return cls(end - timedelta(days=count), end)

    @property
    def grain(self) -> Grain | None:
        """Return the calendar unit this period is, or None for any other span of days."""
        return next((g for g in Grain if Period.containing(self.first, g) == self), None)

    @property
    def days(self) -> int:
        """Return the number of local days."""
        return (self.end - self.first).days

    @property
    def previous(self) -> "Period":
        """Return the calendar unit, or the span of equal length, just before this one."""
        grain = self.grain
        if grain:
            return Period.containing(self.first - timedelta(days=1), grain)
        return Period(self.first - timedelta(days=self.days), self.first)

    def widened(self, grain: Grain | str) -> "Period":
        """Return the whole calendar units that cover this period."""
        last = Period.containing(self.end - timedelta(days=1), grain)
        return Period(Period.containing(self.first, grain).first, last.end)

    def start_at(self, zone: str) -> datetime:
        """Return the first instant, in the zone (IANA name)."""
        return datetime.combine(self.first, datetime.min.time(), ZoneInfo(zone))

    def end_at(self, zone: str) -> datetime:
        """Return the first instant after the period, in the zone (IANA name)."""
        return datetime.combine(self.end, datetime.min.time(), ZoneInfo(zone))

    def split(self, grain: Grain | str) -> Iterator["Period"]:
        """Yield the calendar units that touch this period, in order."""
        part = Period.containing(self.first, grain)
        while part.first < self.end:
            yield part
            part = Period.containing(part.end, grain)

    def __str__(self) -> str:
        """Return the shortest text that `parse` reads back as this period."""
        match self.grain:
            case Grain.DAY:
                return self.first.isoformat()
            case Grain.MONTH:
                return f"{self.first:%Y-%m}"
            case Grain.QUARTER:
                return f"{self.first.year:04d}Q{(self.first.month + 2) // 3}"
            case Grain.YEAR:
                return f"{self.first.year:04d}"
        return f"{self.first.isoformat()}--{self.end.isoformat()}"


def _parse_day(text: str) -> date:
    if not _PATTERNS[Grain.DAY].fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _add_months(first: date, months: int) -> date:
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)
