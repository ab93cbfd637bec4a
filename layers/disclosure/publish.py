"""Publishes checked copies of the indicators, one fixed period each, for GIS clients and exports.

A value is computed when it is read, which plain SQL cannot do with its interval, so a GIS client
reads a copy. It holds no more than may be published (METHODS 9): one fixed calendar step, hexagons
not finer than resolution 8, no count below the smallest allowed and none that others disclose.
"""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import NotFoundError
from geodata.published.layers import (
    PublishedLayer,
    drop_layers,
    read_layers,
    write_cells,
    write_layer,
)
from geodata.published.views import drop_views, write_district_view, write_views
from geodata.tables import load
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.disclosure.decision import Decision
from layers.disclosure.published_numbers import read_districts, read_hexagons
from layers.disclosure.rules import RESOLUTIONS, must_be_over, resolutions_of, smallest_count
from layers.maps.cell_lists import CITY_AREA, read_cells
from layers.period import Period
from layers.states.status import Status
from layers.states.version import Build, read_build_in
from layers.values.covered_days import CoveredDays, PeriodCoverage, read_covered_days
from layers.values.read import available_periods

_AT_ONCE = 2  # layers do not read each other
HELD = "%s of %s stays as published: the change would disclose a small count (see --restate)"
_logger = logging.getLogger(__name__)
STATUS_ZH = {
    Status.OK: "正常",
    Status.ZERO_TRUE: "零",
    Status.NO_DATA: "无数据",
    Status.NA_DENOMINATOR: "不适用",
    Status.LOW_N: "样本少",
    Status.ESTIMATED: "估算",
    Status.STALE: "过期",
    Status.SUPPRESSED: "已保密",
}
STATUSES = {int(status): (status.key, zh) for status, zh in STATUS_ZH.items()}


def publish_layers(
    engine: Engine,
    city: City,
    data_dir: Path,
    indicators: Iterable[str] | None = None,
    *,
    restate: bool = False,
) -> list[str]:
    """Update the published layers to their indicators' versions; return those that changed.

    Each layer is one transaction: a client sees the old numbers or the new ones. A layer that may
    no longer be published is removed. A period whose change would disclose a small count stays as
    published; with `restate` it is replaced, and what the change discloses is withheld.

    Raises:
        NotFoundError: an indicator does not exist.
    """
    keys = list(load_catalogue(city)) if indicators is None else list(indicators)
    with engine.begin() as connection:
        write_district_view(connection, STATUSES)
        for res in RESOLUTIONS:
            write_cells(connection, read_cells(data_dir, city, CITY_AREA, res))
    parts = [
        (indicator, component)
        for indicator in (find_indicator(city, key) for key in keys)
        for component in components_of(indicator)
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = pool.map(
            lambda part: _publish(engine, city, data_dir, *part, restate=restate), parts
        )
    return [layer_name(*part) for part, is_new in zip(parts, done, strict=True) if is_new]


def components_of(indicator: Indicator) -> tuple[str, ...]:
    """Return the components to publish; of counts of people only the default one."""
    if indicator.kiosk == "hidden":
        return ()
    if indicator.component_rollup == "sum" or smallest_count(indicator) is not None:
        return (indicator.default_component,)
    return indicator.component_keys


def layer_name(indicator: Indicator, component: str) -> str:
    """Return the name of a layer: the indicator's key, and the component's where it is another."""
    own = component == indicator.default_component
    return indicator.key if own else f"{indicator.key}_{component}"


def published_period(
    indicator: Indicator, periods: list[Period], covered: CoveredDays, today: date
) -> Period | None:
    """Return the newest calendar step; for counts of people the newest complete one.

    Two publications of a running step would disclose each day as their difference. A step is
    complete when it is over and the sources have told of it to its end.
    """
    begun = [each for each in periods if each.first <= today]
    if must_be_over(indicator):
        begun = [each for each in begun if each.end <= today and covered.reaches_end_of(each)]
    return begun[-1] if begun else None


def _publish(
    engine: Engine,
    city: City,
    data_dir: Path,
    indicator: Indicator,
    component: str,
    *,
    restate: bool,
) -> bool:
    """Publish one layer if its version or period changed; return whether it did.

    Publishers take turns, and each sees the states as of one moment: the lock comes first.
    """
    name = layer_name(indicator, component)
    lock = func.hashtext(f"publish {name}")
    periods = available_periods(engine, city, indicator.key, component)
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        connection.execute(select(func.pg_advisory_lock(lock)))
        connection.commit()
        try:
            with connection.begin():
                return _replace(
                    connection,
                    engine,
                    city,
                    data_dir,
                    indicator,
                    component,
                    periods,
                    restate=restate,
                )
        finally:
            connection.execute(select(func.pg_advisory_unlock(lock)))
            connection.commit()


def _replace(
    connection: Connection,
    engine: Engine,
    city: City,
    data_dir: Path,
    indicator: Indicator,
    component: str,
    periods: list[Period],
    *,
    restate: bool,
) -> bool:
    name = layer_name(indicator, component)
    old = read_layers(connection).get(name)
    covered = read_covered_days(connection, city, indicator.key, component)
    found = _current(connection, city, indicator, periods, covered)
    if found is None:
        if old:
            drop_views(connection, name)
            drop_layers(connection, [name])
        return old is not None
    build, period = found
    said = _said_of(covered.of(period))
    same = {"version": build.version, "period": str(period), **said}
    if old and all(getattr(old, name) == value for name, value in same.items()):
        return False
    layer = replace(_describe(connection, city, indicator, component, period, build), **said)
    is_new = old is None or old.period != layer.period
    if not (is_new or restate) and Decision(connection, engine, city, data_dir, layer).is_held():
        _logger.warning(HELD, name, layer.period)
        return False
    districts = read_districts(connection, engine, city, data_dir, layer)
    hexes = read_hexagons(connection, engine, city, data_dir, layer, build)
    write_layer(connection, layer, hexes, districts)
    write_views(connection, layer, STATUSES)
    return True


def _current(
    connection: Connection,
    city: City,
    indicator: Indicator,
    periods: list[Period],
    covered: CoveredDays,
) -> tuple[Build, Period] | None:
    """Return the numbers that may be published now; None for nothing."""
    try:
        build = read_build_in(connection, indicator)
    except NotFoundError:
        return None
    today = now().astimezone(city.zone).date()
    period = published_period(indicator, periods, covered, today)
    return (build, period) if period else None


def _said_of(coverage: PeriodCoverage) -> dict[str, Any]:
    """Return the columns that say what part of its period a layer speaks of."""
    hull = None if coverage.is_stock else coverage.hull
    return {
        "covered_from": hull.first if hull else None,
        "covered_to": hull.end - timedelta(days=1) if hull else None,
        "covered_days": None if coverage.is_stock else coverage.days,
        "is_partial": coverage.is_partial,
    }


def _describe(
    connection: Connection,
    city: City,
    indicator: Indicator,
    component: str,
    period: Period,
    build: Build,
) -> PublishedLayer:
    declared = indicator.components.get(component)
    part_zh, part_en = (declared.label_zh, declared.label_en) if declared else ("", "")
    c = load.c
    loads = connection.execute(
        select(c.owner, c.licence).where(c.load_id.in_(build.load_ids))
    ).all()
    return PublishedLayer(
        name=layer_name(indicator, component),
        indicator=indicator.key,
        component=component,
        code=indicator.code,
        domain=indicator.domain,
        title_zh=indicator.label_zh + (f"（{part_zh}）" if part_zh else ""),
        title_en=indicator.label_en + (f" ({part_en})" if part_en else ""),
        description_zh=indicator.definition_zh,
        description_en=indicator.definition_en,
        unit_zh=indicator.unit_zh,
        unit_en=indicator.unit_en,
        formula=indicator.formula,
        res=resolutions_of(indicator),
        period=str(period),
        starts_at=period.start_at(city.timezone),
        ends_at=period.end_at(city.timezone),
        version=build.version,
        as_of=build.as_of,
        published_at=now(),
        sources=tuple(sorted(build.sources)),
        licences=tuple(sorted({row.licence for row in loads})),
        owners=tuple(sorted({row.owner for row in loads})),
        is_simulated=build.is_simulated,
        smallest_count=smallest_count(indicator),
    )
