"""Coverage: where and when a source is complete, so that no row there means zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, insert, select, update

from etl.source.declaration import SourceDeclaration
from etl.source.mapping import Coverage
from geodata.tables import district, source_coverage


@dataclass(frozen=True)
class CoverageSpan:
    """A half-open period in which a table's rows are complete; null stands for all."""

    table_name: str
    starts_at: datetime
    ends_at: datetime
    component: str | None = None
    district_id: str | None = None


def compute_coverage(
    declaration: SourceDeclaration,
    event_from: datetime | None,
    event_to: datetime | None,
    zone: ZoneInfo,
    now: datetime,
) -> list[CoverageSpan]:
    """Return what a load covers: the declared days, or those of its events in the city's zone.

    `days` runs from the day of the first event to that of the last, `months` over whole calendar
    months; neither extends past the end of the day of `now`.
    """
    coverage = declaration.coverage
    period = _period(coverage, event_from, event_to, zone, now) if coverage else None
    if coverage is None or period is None:
        return []
    areas: list[str] | list[None] = [None] if coverage.area == "city" else coverage.area
    return [CoverageSpan(declaration.table, *period, coverage.component, area) for area in areas]


def _period(
    coverage: Coverage,
    event_from: datetime | None,
    event_to: datetime | None,
    zone: ZoneInfo,
    now: datetime,
) -> tuple[datetime, datetime] | None:
    if coverage.starts_on and coverage.ends_on:
        return _midnight(coverage.starts_on, zone), _midnight(coverage.ends_on, zone)
    if event_from is None or event_to is None:
        return None
    first, last = event_from.astimezone(zone).date(), event_to.astimezone(zone).date()
    after = last + timedelta(days=1)
    if coverage.period == "months":
        first = first.replace(day=1)
        after = (last.replace(day=1) + timedelta(days=32)).replace(day=1)
        today = max(now.astimezone(zone).date(), last)
        after = min(after, today + timedelta(days=1))
    return _midnight(first, zone), _midnight(after, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def without_days(
    spans: Iterable[CoverageSpan], days: Iterable[date], zone: ZoneInfo
) -> list[CoverageSpan]:
    """Return what is left of the spans when some of the city's days are taken out."""
    left = list(spans)
    for day in sorted(days):
        starts_at, ends_at = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        parts = [(each, *_around(each, starts_at, ends_at)) for each in left]
        left = [
            replace(each, starts_at=first, ends_at=last)
            for each, before, after in parts
            for first, last in (before, after)
            if first < last
        ]
    return left


def _around(
    span: CoverageSpan, starts_at: datetime, ends_at: datetime
) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
    """Return the parts of a span before and after a period that is cut out of it."""
    before = (span.starts_at, max(span.starts_at, min(span.ends_at, starts_at)))
    return before, (max(before[1], min(span.ends_at, max(ends_at, span.starts_at))), span.ends_at)


def retire_coverage(connection: Connection, former: Sequence[int], load_id: int) -> None:
    """Retire what loads claimed whose file was read anew under another declaration."""
    c = source_coverage.c
    mine = c.load_id.in_(former) & c.retired_by.is_(None)
    connection.execute(update(source_coverage).where(mine).values(retired_by=load_id))


def keep_coverage(
    connection: Connection,
    declaration: SourceDeclaration,
    load_id: int,
    covered: Iterable[CoverageSpan],
) -> None:
    """Write coverage not declared by the source before; unknown districts are left out."""
    known = set(connection.scalars(select(district.c.district_id)))
    current = source_coverage.c
    for item in covered:
        same = and_(
            current.source == declaration.key,
            current.table_name == item.table_name,
            current.retired_by.is_(None),
            current.component.is_not_distinct_from(item.component),
            current.district_id.is_not_distinct_from(item.district_id),
            current.starts_at <= item.starts_at,
            current.ends_at >= item.ends_at,
        )
        is_new = connection.execute(select(source_coverage).where(same)).first() is None
        if is_new and (item.district_id is None or item.district_id in known):
            connection.execute(
                insert(source_coverage).values(
                    source=declaration.key,
                    load_id=load_id,
                    table_name=item.table_name,
                    component=item.component,
                    district_id=item.district_id,
                    starts_at=item.starts_at,
                    ends_at=item.ends_at,
                )
            )
