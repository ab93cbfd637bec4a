"""Which whole days of a period the sources looked at: METHODS 10, partial periods.

A period that is running, or whose coverage begins or ends inside it, is partial.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import NotFoundError
from geodata.tables import UNKNOWN_DISTRICT, departure, gtfs_stop
from layers.catalogue.indicator import ALL, Indicator
from layers.catalogue.registry import find_indicator, resolve_component
from layers.period import Period
from layers.states.version import read_build_in
from layers.values.coverage import Coverage, CoveredSpan, read_coverage
from layers.values.day_runs import Runs, common_days, cut_runs, runs_until, unite
from layers.values.selection import read_steps

PLANNED_TABLES = (departure.name, gtfs_stop.name)  # timetables: their days are known ahead
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class PeriodCoverage:
    """What is known of a period: the covered days, as runs, the end of each excluded.

    A stock is known at an instant, so all its days count; `counted_on` is the day of its newest
    count, None where there is none yet.
    """

    period: Period
    runs: Runs
    today: date
    is_stock: bool = False
    is_planned: bool = False  # by a timetable, which knows its days ahead
    counted_on: date | None = None

    @property
    def days(self) -> int:
        """Return the number of covered days."""
        return sum(run.days for run in self.runs)

    @property
    def hull(self) -> Period | None:
        """Return the span from the first covered day to the last one, None without any."""
        return Period(self.runs[0].first, self.runs[-1].end) if self.runs else None

    @property
    def is_running(self) -> bool:
        """Return whether the period has begun and not ended."""
        return self.period.first <= self.today < self.period.end

    @property
    def is_partial(self) -> bool:
        """Return whether the value speaks of a part of the period only."""
        if self.is_stock:
            return self.is_running
        return self.days < self.period.days

    @property
    def is_future(self) -> bool:
        """Return whether the period is a plan of days to come."""
        return self.is_planned and self.period.first > self.today

    @property
    def is_mostly_covered(self) -> bool:
        """Return whether at least half of the days are covered."""
        return 2 * self.days >= self.period.days


@dataclass(frozen=True)
class CoveredDays:
    """The covered days of an indicator in one place, for each component of it."""

    by_component: dict[str, Runs]
    today: date
    is_stock: bool = False
    is_planned: bool = False
    counted_on: tuple[date, ...] = ()  # of a stock: the days of its counts, ascending

    def of(self, period: Period, beside: Period | None = None) -> PeriodCoverage:
        """Return the coverage of a period, compared with the one `beside` it.

        A day is covered where every component is that the sources speak of in either period: one
        that is not connected yet, or no longer, does not take part.
        """
        if self.is_stock:
            counted_on = self.count_before(period.end)
            return PeriodCoverage(
                period, (period,), self.today, is_stock=True, counted_on=counted_on
            )
        window = [period, *([beside] if beside else [])]
        heard = [
            runs for runs in self.by_component.values() if any(cut_runs(runs, w) for w in window)
        ]
        known = [cut_runs(runs, period) for runs in heard]
        runs = common_days(known) if known else ()
        return PeriodCoverage(period, runs, self.today, is_planned=self.is_planned)

    def reaches_end_of(self, period: Period) -> bool:
        """Return whether the sources have told of a period to its end.

        Each component must that they speak of in it. Of a stock the next count must be there.
        """
        if self.is_stock:
            return any(day >= period.end for day in self.counted_on)
        known = [cut_runs(runs, period) for runs in self.by_component.values()]
        heard = [runs for runs in known if runs]
        return bool(heard) and all(runs[-1].end == period.end for runs in heard)

    def count_before(self, end: date) -> date | None:
        """Return the day of a stock's newest count before a day."""
        return max((day for day in self.counted_on if day < end), default=None)


def read_covered_days(
    connection: Connection,
    city: City,
    indicator: str,
    component: str = "default",
    district_id: str | None = None,
) -> CoveredDays:
    """Return the covered days of an indicator in a district, or in the city as a whole.

    Where the sources declare no coverage they are taken to cover from the first step with states
    to the newest record. No day of records is covered before it is over; timetables know theirs.

    Raises:
        NotFoundError: no such indicator or component.
    """
    return read_covered_places(connection, city, indicator, component, [district_id])[district_id]


def read_covered_places(
    connection: Connection,
    city: City,
    indicator: str,
    component: str,
    places: Iterable[str | None],
) -> dict[str | None, CoveredDays]:
    """Return the same for several districts, and for None the city as a whole.

    Raises:
        NotFoundError: no such indicator or component.
    """
    entry = find_indicator(city, indicator)
    key = resolve_component(entry, component)
    keys = entry.component_keys if key == ALL else (key,)
    today = now().astimezone(city.zone).date()
    begins = tuple(
        at.astimezone(city.zone).date() for at in read_steps(connection, entry, tuple(keys))
    )
    if entry.stock:
        return dict.fromkeys(places, CoveredDays({}, today, is_stock=True, counted_on=begins))
    coverage = read_coverage(connection, entry)
    undeclared = () if coverage.spans else _undeclared(connection, city, entry, key, begins)
    is_planned = entry.measures[0].table in PLANNED_TABLES
    found: dict[str | None, CoveredDays] = {}
    for district_id in places:
        place = None if district_id == UNKNOWN_DISTRICT else district_id
        runs = {
            each: _runs_of(coverage, each, place, city.zone) if coverage.spans else undeclared
            for each in keys
        }
        if not is_planned:
            runs = {each: runs_until(days, today) for each, days in runs.items()}
        found[district_id] = CoveredDays(runs, today, is_planned=is_planned)
    return found


def _undeclared(
    connection: Connection, city: City, entry: Indicator, component: str, begins: Sequence[date]
) -> Runs:
    """Return the days from the first step with states to that of the newest record."""
    try:
        as_of = read_build_in(connection, entry).as_of
    except NotFoundError:
        return ()
    if as_of is None or not begins:
        return ()
    last = Period.containing(as_of.astimezone(city.zone).date(), "day")
    if entry.grain_of(component).months and as_of.astimezone(city.zone).time() == time():
        last = last.widened(entry.grain_of(component))  # a return is dated by its period's begin
    return (Period(begins[0], last.end),) if last.end > begins[0] else ()


def _runs_of(coverage: Coverage, component: str, place: str | None, zone: ZoneInfo) -> Runs:
    """Return the whole days covered in the place: of the city, where every district is."""
    own = [s for s in coverage.spans if s.component in (None, component)]
    everywhere = unite(_whole_days([s for s in own if s.district_id is None], zone))
    places = [place] if place else sorted(coverage.districts)
    if not any(s.district_id for s in own) or not places:
        return everywhere
    each = [
        unite([*everywhere, *_whole_days([s for s in own if s.district_id == where], zone)])
        for where in places
    ]
    return common_days(each)


def _whole_days(spans: Iterable[CoveredSpan], zone: ZoneInfo) -> list[Period]:
    """Return the local days that lie wholly within each span."""
    found = []
    for span in spans:
        begin, end = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
        is_whole = begin == datetime.combine(begin.date(), time(), zone)
        first = begin.date() if is_whole else begin.date() + ONE_DAY
        if end.date() > first:
            found.append(Period(first, end.date()))
    return found
