"""Publishes checked copies of the indicators, several fixed periods each, for all public readers.

A value is computed when it is read, which plain SQL cannot do with its interval, so the kiosk and
GIS clients read a copy. It holds no more than may be published (METHODS 9): fixed periods that do
not overlap, hexagons not finer than resolution 8, no count below the smallest allowed and none that
others disclose.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import NotFoundError
from geodata.published.layers import PublishedLayer
from geodata.published.views import drop_views, write_district_view, write_views
from geodata.published.writing import (
    Gap,
    Kept,
    confirm_version,
    drop_gap,
    drop_layer,
    drop_periods,
    mark_newest,
    read_kept,
    read_names,
    write_cells,
    write_gap,
    write_layer,
)
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.disclosure.decision import Decision
from layers.disclosure.edition import Edition, read_edition_of
from layers.disclosure.pattern import read_revisions
from layers.disclosure.published_numbers import read_districts, read_hexagons
from layers.disclosure.rules import RESOLUTIONS
from layers.disclosure.schedule import periods_to_publish, step_of
from layers.disclosure.series import PublicHeadline, Series, series_of
from layers.maps.cell_lists import CITY_AREA, read_cells
from layers.period import Period
from layers.states.changes import has_changed
from layers.states.version import Build, read_build_in
from layers.values.missing_inputs import read_missing_inputs
from layers.values.read import available_periods

HELD = "%s of %s stays as published: the change would disclose a small count (see --restate)"
_logger = logging.getLogger(__name__)
_AT_ONCE = 2  # layers do not read each other
NOT_BUILT, NO_PERIOD = "not_built", "no_period"  # why a layer has no published period


@dataclass(frozen=True)
class _Publisher:
    """What every layer of one publication shares."""

    engine: Engine
    city: City
    data_dir: Path
    restate: bool


def publish_layers(
    engine: Engine,
    city: City,
    data_dir: Path,
    indicators: Iterable[str] | None = None,
    shown: Sequence[PublicHeadline] = (),
    *,
    restate: bool = False,
) -> list[str]:
    """Update the published layers to their indicators' versions; return those that changed.

    Each layer is one transaction: a client sees the old numbers or the new ones. A layer that may
    no longer be published is removed. `shown` is what public screens show of the city. A period
    whose change would disclose a small count stays as published; with `restate` it is replaced, and
    what the change discloses is withheld.

    Raises:
        NotFoundError: an indicator does not exist.
        DeclarationError: screens show a count of people over periods that overlap.
    """
    keys = list(load_catalogue(city)) if indicators is None else list(indicators)
    series = [one for key in keys for one in series_of(find_indicator(city, key), shown)]
    with engine.begin() as connection:
        write_district_view(connection)
        for res in RESOLUTIONS:
            write_cells(connection, read_cells(data_dir, city, CITY_AREA, res))
        if indicators is None:
            _drop_others(connection, {one.name for one in series})
    publisher = _Publisher(engine, city, data_dir, restate)
    changed = _publish_all(publisher, series)
    people = [one for one in series if one.counts_people]
    if changed & {one.name for one in people}:  # what one of them withholds the others must, too
        changed |= _publish_all(publisher, people)
    return [one.name for one in series if one.name in changed]


def _publish_all(publisher: _Publisher, series: Sequence[Series]) -> set[str]:
    """Publish layers; return the names of those that changed."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = pool.map(lambda one: _publish(publisher, one), series)
        return {one.name for one, is_new in zip(series, done, strict=True) if is_new}


def _drop_others(connection: Connection, names: set[str]) -> None:
    """Remove the layers that are published no more."""
    for name in read_names(connection) - names:
        drop_views(connection, name)
        drop_layer(connection, name)


def _publish(publisher: _Publisher, series: Series) -> bool:
    """Publish the periods of a layer that changed; return whether any did.

    Publishers take turns, and each sees the states as of one moment: the lock comes first.
    """
    engine, indicator = publisher.engine, series.indicator
    lock = func.hashtext(f"publish {series.name}")
    steps = available_periods(
        engine, publisher.city, indicator.key, series.component, step_of(series)
    )
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        connection.execute(select(func.pg_advisory_lock(lock)))
        connection.commit()
        try:
            with connection.begin():
                return _replace(connection, publisher, series, steps)
        finally:
            connection.execute(select(func.pg_advisory_unlock(lock)))
            connection.commit()


def _replace(
    connection: Connection, publisher: _Publisher, series: Series, steps: list[Period]
) -> bool:
    """Write the periods that changed, and remove those that are published no more."""
    city, kept = publisher.city, read_kept(connection, series.name)
    build = _read_build(connection, series)
    if build is None:
        _remove(connection, city, series, NOT_BUILT)
        return bool(kept)
    edition = read_edition_of(connection, city, series, build)
    today = now().astimezone(city.zone).date()
    periods = periods_to_publish(series, steps, edition.covered[None], today)
    if not periods:
        _remove(connection, city, series, NO_PERIOD)
        return bool(kept)
    written = [each for each in periods if _update(connection, publisher, edition, each, kept)]
    gone = kept.keys() - {str(period) for period in periods}
    if not written and not gone:
        return False
    drop_periods(connection, series.name, gone)
    mark_newest(connection, series.name, str(periods[-1]))
    drop_gap(connection, series.name)
    write_views(connection, edition.layer(periods[-1]))
    return True


def _read_build(connection: Connection, series: Series) -> Build | None:
    try:
        return read_build_in(connection, series.indicator)
    except NotFoundError:
        return None


def _update(
    connection: Connection,
    publisher: _Publisher,
    edition: Edition,
    period: Period,
    kept: Mapping[str, Kept],
) -> bool:
    """Write one period if what it rests on changed; return whether it did."""
    engine, city, layer = publisher.engine, publisher.city, edition.layer(period)
    old, basis = kept.get(layer.period), _basis(engine, edition, period)
    if old is not None and old.basis == basis and not _differs(connection, edition, layer, old):
        if old.version != layer.version:
            confirm_version(connection, layer.name, layer.period, layer.version)
        return False
    if old is not None and not publisher.restate and _is_held(connection, publisher, layer):
        _logger.warning(HELD, layer.name, layer.period)
        return False
    districts = read_districts(connection, engine, city, publisher.data_dir, layer)
    districts = districts.join(
        edition.covered_days(period), on="district_id", how="left", maintain_order="left"
    )
    hexes = read_hexagons(connection, engine, city, publisher.data_dir, layer, edition.build)
    write_layer(connection, layer, _basis(engine, edition, period), hexes, districts)
    return True


def _is_held(connection: Connection, publisher: _Publisher, layer: PublishedLayer) -> bool:
    """Return whether the difference from what was published would disclose a small count."""
    decision = Decision(connection, publisher.engine, publisher.city, publisher.data_dir, layer)
    return decision.is_held()


def _basis(engine: Engine, edition: Edition, period: Period) -> str:
    """Return what beside records decides the numbers: declarations, coverage, what is withheld."""
    indicator = edition.series.indicator
    if not edition.series.counts_people:
        return edition.basis(period)
    return edition.basis(
        period, read_revisions(engine, indicator.key, indicator.domain, str(period))
    )


def _differs(connection: Connection, edition: Edition, layer: PublishedLayer, old: Kept) -> bool:
    """Return whether the numbers of a period may differ from those that were published."""
    if old.version == layer.version:
        return False
    span = (layer.starts_at, layer.ends_at)
    return has_changed(connection, edition.series.indicator, old.version, layer.version, span)


def _remove(connection: Connection, city: City, series: Series, reason: str) -> None:
    """Publish nothing of a layer any more, and say why."""
    missing = read_missing_inputs(connection, city, series.indicator)
    inputs = tuple({"table": each.table, "kinds": list(each.kinds)} for each in missing)
    gap = Gap(series.name, series.indicator.key, series.component, reason, inputs)
    drop_views(connection, series.name)
    drop_layer(connection, series.name)
    write_gap(connection, gap)
