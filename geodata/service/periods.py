"""Which published periods a client asks for: the newest, one by its name, or those of a time.

A collection shows the newest. `period=2026-10` chooses another, and `datetime` any it meets; both
ask the view of all periods, where the period is part of a feature's id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from tipg.collections import Collection

from geodata.published.layers import Periods, PublishedLayer, find_period, newest_of
from geodata.published.views import ALL_PREFIX, DISTRICT_VALUES, PERIOD_MARK
from geodata.service.about import layer_of

PERIOD, DATETIME, INDICATOR = "period", "datetime", "indicator"  # names of query parameters
AnyCollection = TypeVar("AnyCollection", bound=Collection)


def is_of_all_periods(view: str) -> bool:
    """Return whether a view is not a collection itself but the periods of one."""
    return view.startswith(ALL_PREFIX)


def periods_of(
    collection: str, periods: Periods, indicator: str | None = None
) -> Sequence[PublishedLayer]:
    """Return the published periods of a collection, the newest first; none where time is none."""
    if collection == DISTRICT_VALUES:
        chosen = [indicator] if indicator and indicator in periods else list(periods)
        return [each for name in chosen for each in periods[name]]
    newest = layer_of(collection, {name: each[0] for name, each in periods.items()})
    return periods[newest.name] if newest else ()


def choose_periods(
    collection: AnyCollection,
    query: Mapping[str, str],
    periods: Periods,
    item_id: str | None = None,
) -> AnyCollection:
    """Return the collection as it answers a query: of the newest period, or of all of them.

    Raises:
        NotFoundError: the period is not published; names those that are.
    """
    published = periods_of(collection.id, periods, query.get(INDICATOR))
    if not published:
        return collection
    if PERIOD in query:
        _check(published, query[PERIOD])
    if PERIOD in query or DATETIME in query or PERIOD_MARK in (item_id or ""):
        return collection.model_copy(update={"table": ALL_PREFIX + collection.table})
    return collection


def _check(published: Sequence[PublishedLayer], period: str) -> None:
    """Refuse an unknown period, naming each known one once."""
    by_period = {each.period: each for each in published}
    find_period(list(by_period.values()), period)


def layers_at(periods: Periods, names: Iterable[str], period: str | None) -> list[PublishedLayer]:
    """Return layers as of a period, those that have it; by default each one's newest.

    Raises:
        NotFoundError: none of them has the period; names those that are published.
    """
    published = [each for name in names for each in periods[name]]
    if period is None:
        return [each for each in published if each.is_newest]
    found = [each for each in published if each.period == period]
    if not found:
        _check(published, period)
    return found


def layers_of(periods: Periods, ids: Iterable[str]) -> dict[str, PublishedLayer]:
    """Return the layers as of the periods that the ids of some features name."""
    named = sorted({each.partition(PERIOD_MARK)[2] for each in ids} - {""})
    layers = newest_of(periods)
    if len(named) > 1:
        return {name: replace(each, period=", ".join(named)) for name, each in layers.items()}
    for each in (one for every in periods.values() for one in every if one.period in named):
        layers[each.name] = each
    return layers


def temporal_extent(published: Sequence[PublishedLayer]) -> dict[str, Any]:
    """Return the extent of all periods, the span of all before that of each, newest first."""
    spans = [(each.starts_at.isoformat(), each.ends_at.isoformat()) for each in published]
    first = min(published, key=lambda each: each.starts_at).starts_at.isoformat()
    last = max(published, key=lambda each: each.ends_at).ends_at.isoformat()
    whole = (first, last)
    return {"interval": [list(each) for each in dict.fromkeys([whole, *spans])]}


def period_names(published: Sequence[PublishedLayer]) -> list[str]:
    """Return by which names the periods can be asked for, the newest first."""
    return list(dict.fromkeys(each.period for each in published))
