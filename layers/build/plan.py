"""What a rebuild starts from: which loads are new, and which steps they affect."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, Row, select

from geodata.city.configuration import City
from geodata.tables import load, state_build
from layers.build.affected_steps import ALL, AffectedSteps, find_affected_steps
from layers.build.counted_loads import (
    CountedLoads,
    is_any_current,
    recount_all,
    replace_counted,
    summarise,
    update_counted,
)
from layers.build.snapshot import read_snapshot, read_unseen_loads
from layers.catalogue.digest import definition_digest
from layers.catalogue.indicator import Indicator

_ELSEWHERE = "partitions:"  # begins the definition of states that stand on no table
_UNSEEN_AT_MOST = 10_000  # after more loads than that everything is computed anew


@dataclass(frozen=True)
class Plan:
    """What a rebuild starts from and has to do."""

    kept: Row[Any] | None  # the build so far
    counted_loads: CountedLoads | None  # the loads that the indicator counts now
    new: Sequence[int]  # those not seen before
    affected_steps: tuple[AffectedSteps, ...]  # by measure
    is_full: bool
    is_defined_anew: bool
    seen: str  # what the transaction sees
    frames: Mapping[int, pl.DataFrame] | None = None  # by measure, where computed elsewhere


def make_plan(
    connection: Connection, city: City, indicator: Indicator, *, is_full: bool
) -> Plan | None:
    """Return what is to do; None where no load came since the last build."""
    kept = _read_kept(connection, indicator)
    if _is_elsewhere(kept) and not is_any_current(connection, indicator):
        return None
    seen = read_snapshot(connection)
    unseen = read_unseen_loads(connection, kept.seen, seen) if kept is not None else None
    if unseen is not None and len(unseen) > _UNSEEN_AT_MOST:
        unseen = None
    is_same = kept is not None and kept.definition == definition_digest(indicator, city)
    if kept is None or unseen is None or is_full or not is_same:
        everything = (ALL,) * len(indicator.measures)
        is_anew = unseen is None or not is_same
        recount_all(connection, indicator)
        counted = summarise(connection, indicator)
        return Plan(kept, counted, unseen or (), everything, True, is_anew, seen)
    if not unseen:
        return None
    affected_steps = tuple(
        find_affected_steps(connection, city, indicator, position, unseen)
        for position in range(len(indicator.measures))
    )
    update_counted(connection, indicator, unseen)
    brought = connection.scalars(select(load.c.source).where(load.c.load_id.in_(unseen)))
    counted = summarise(connection, indicator, {*kept.sources, *brought})
    return Plan(kept, counted, unseen, affected_steps, False, False, seen)


def plan_replacement(
    connection: Connection,
    city: City,
    indicator: Indicator,
    frames: Mapping[int, pl.DataFrame],
    load_ids: Iterable[int],
) -> Plan:
    """Return how states computed elsewhere, by measure, take the place of the kept ones."""
    kept = _read_kept(connection, indicator)
    replace_counted(connection, indicator, load_ids)
    counted = summarise(connection, indicator)
    everything = (ALL,) * len(indicator.measures)
    anew = kept is None or kept.definition != digest_of(indicator, city, is_elsewhere=True)
    seen = read_snapshot(connection)
    return Plan(kept, counted, (), everything, True, anew, seen, frames)


def _is_elsewhere(kept: Row[Any] | None) -> bool:
    return kept is not None and (kept.definition or "").startswith(_ELSEWHERE)


def _read_kept(connection: Connection, indicator: Indicator) -> Row[Any] | None:
    c = state_build.c
    newest = select(state_build).where(c.indicator == indicator.key).order_by(c.build_id.desc())
    return connection.execute(newest.limit(1)).one_or_none()


def digest_of(indicator: Indicator, city: City, *, is_elsewhere: bool) -> str:
    """Return what the states follow from besides records, marked where these are no table's."""
    return (_ELSEWHERE if is_elsewhere else "") + definition_digest(indicator, city)
