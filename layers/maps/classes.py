"""Classes of a layer: breaks computed once from all cells of all periods, so they never move."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import mapclassify
import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from geodata.city.configuration import City
from geodata.clock import now, replayed
from geodata.database.engine import open_snapshot
from geodata.tables import UNKNOWN_DISTRICT, layer_breaks, state_build
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, find_target, resolve_component
from layers.maps.palette import palette_of
from layers.period import Grain, Period
from layers.values.query import CheckedQuery, ValueQuery, check_query
from layers.values.read import answer, available_periods

Floats = NDArray[np.float64]
Area = Literal["cell", "district"]
MOST_PERIODS = 24
_MOST_FOR_FISHER = 1000  # its time grows with the square
_SPAN_QUANTILES = (0.02, 0.98)


@dataclass(frozen=True)
class Classes:
    """Inner breaks, ascending, and one colour more: class i holds breaks[i-1] < x <= breaks[i].

    Zero and no data are classes of their own, outside these.
    """

    breaks: tuple[float, ...]
    palette: tuple[str, ...]
    target: float | None = None  # the break that a diverging palette turns around


def compute_breaks(
    values: Floats, method: str, classes: int, target: float | None = None
) -> list[float]:
    """Return the inner breaks of the values; zeros and NaN are left out first.

    Fewer breaks than asked for where the values have too few different ones.
    """
    known = values[np.isfinite(values) & (values != 0)]
    if len(known) == 0:
        return []
    if method == "diverging" and target is not None:
        return _diverging(known, classes, target)
    count = min(classes, len(np.unique(known)))
    if count < 2:
        return []
    breaks = _classified(known, method, count)
    if method == "rounded":
        breaks = np.array([float(f"{value:.2g}") for value in breaks])
    inner = np.unique(breaks)
    return [float(value) for value in inner if value < known.max()]


def _classified(known: Floats, method: str, classes: int) -> Floats:
    """Return the upper bounds of all classes but the last."""
    with warnings.catch_warnings():
        # ties give fewer classes, as wanted; it is fast enough without Numba
        warnings.filterwarnings("ignore", category=UserWarning)
        match method:
            case "fisher":
                bins = mapclassify.FisherJenks(_thinned(known), k=classes).bins
            case "equal":
                bins = mapclassify.EqualInterval(known, k=classes).bins
            case _:
                bins = mapclassify.Quantiles(known, k=classes).bins
    upper: Floats = np.asarray(bins, dtype=np.float64)[:-1]
    return upper


def _thinned(known: Floats) -> Floats:
    """Return at most a thousand values of the same distribution, the extremes among them."""
    if len(known) <= _MOST_FOR_FISHER:
        return known
    even = np.linspace(0, 1, _MOST_FOR_FISHER)
    thinned: Floats = np.quantile(known, even, method="inverted_cdf")
    return thinned


def _diverging(known: Floats, classes: int, target: float) -> list[float]:
    """Return breaks around the target, equally far on both sides; the target is one of them."""
    half = max(classes // 2, 1)
    low, high = np.quantile(known, _SPAN_QUANTILES)
    span = max(abs(low - target), abs(high - target)) or 1.0
    return [float(target + span * step / half) for step in range(1 - half, half)]


def colour_classes(
    entry: Indicator, breaks: Sequence[float], target: float | None = None
) -> Classes:
    """Return the classes with their colours, without those above the maximum of a share.

    An equal span above the target may pass 100 %; the remaining classes keep their colours.
    """
    colours = palette_of(entry, len(breaks) + 1, is_diverging=target is not None)
    limit = 100.0 if entry.unit_en == "%" else float("inf")
    possible = tuple(each for each in breaks if each < limit)
    return Classes(possible, tuple(colours[: len(possible) + 1]), target)


def read_classes(
    engine: Engine,
    city: City,
    indicator: str,
    component: str = "default",
    res: int | None = None,
    step: Grain | None = None,
    by: Area = "cell",
) -> Classes:
    """Return breaks and colours of a layer, made once for a build and kept with it.

    They are pooled over the cells (or the districts) of the last two years of steps (`step`: the
    entry's own), so that a legend stands still while time plays. Counts grow with the step, so
    each step has its own.

    Raises:
        NotFoundError: no such indicator or component.
        QueryError: the indicator is not shown by cell (by district), or not at this resolution.
    """
    entry = find_indicator(indicator)
    key = resolve_component(entry, component)
    res = entry.default_res if res is None else res
    target = _target_of(entry, key)
    kept = _name_kept(entry, key, step, by)
    with engine.begin() as connection:
        build_id = _classes_build(connection, indicator)
        breaks = _kept(connection, indicator, kept, res, build_id)
    if breaks is None:
        pooled = _pooled(engine, city, entry, key, res if by == "cell" else None, step)
        breaks = compute_breaks(pooled, entry.classification, entry.classes, target)
        if build_id is not None and replayed() is None:
            _keep(engine, indicator, kept, res, build_id, breaks)
    return colour_classes(entry, breaks, target)


def _name_kept(entry: Indicator, component: str, step: Grain | None, by: Area) -> str:
    """Return the name the breaks are kept under; the plain component is the entry's own step."""
    kept = component if step in (None, entry.step) else f"{component}@{step}"
    return kept if by == "cell" else f"{kept}#{by}"


def _target_of(entry: Indicator, component: str) -> float | None:
    if entry.classification != "diverging":
        return None
    found = find_target(entry.key, component, now().date())
    return found.value if found else None


def _classes_build(connection: Connection, indicator: str) -> int | None:
    """Return the build whose classes apply: a few new records do not change the legend."""
    c = state_build.c
    build_id = func.coalesce(c.classes_id, c.build_id)
    newest = select(build_id).where(c.indicator == indicator).order_by(c.build_id.desc())
    return connection.execute(newest.limit(1)).scalar_one_or_none()


def _kept(
    connection: Connection, indicator: str, component: str, res: int, build_id: int | None
) -> list[float] | None:
    c = layer_breaks.c
    found = select(c.breaks).where(
        c.indicator == indicator, c.component == component, c.res == res, c.build_id == build_id
    )
    return connection.execute(found).scalar_one_or_none()


def _keep(
    engine: Engine, indicator: str, component: str, res: int, build_id: int, breaks: list[float]
) -> None:
    """Store the breaks; if two processes computed them at once, the first ones stay."""
    row = {"indicator": indicator, "component": component, "res": res, "build_id": build_id}
    with engine.begin() as connection:
        statement = insert(layer_breaks).values(**row, breaks=breaks)
        connection.execute(statement.on_conflict_do_nothing())


def _pooled(
    engine: Engine,
    city: City,
    entry: Indicator,
    component: str,
    res: int | None,
    step: Grain | None,
) -> Floats:
    """Return the values of the newest periods: of cells at a resolution, else of districts."""
    periods = available_periods(engine, city, entry.key, component, step)[-MOST_PERIODS:]
    queries = [_query(entry.key, component, period, res, city) for period in periods]
    with open_snapshot(engine) as connection:
        parts = [of_places(answer(connection, city, query)) for query in queries]
    return pl.concat([*parts, pl.Series("value", [], dtype=pl.Float64)]).drop_nulls().to_numpy()


def of_places(frame: pl.DataFrame) -> pl.Series:
    """Return the values that are painted: records without a district have no place on the map."""
    return frame.filter(pl.col("key").cast(pl.String) != UNKNOWN_DISTRICT)["value"]


def _query(key: str, component: str, period: Period, res: int | None, city: City) -> CheckedQuery:
    by: Area = "district" if res is None else "cell"
    return check_query(ValueQuery(key, period, component, by=by, res=res), city)
