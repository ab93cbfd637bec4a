"""Classes of a layer: breaks computed once from all cells of all periods, so they never move."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from geodata.city.configuration import City
from geodata.clock import now, replayed
from geodata.database.engine import open_snapshot
from geodata.tables import UNKNOWN_DISTRICT, state_build
from geodata.tables import layer_breaks as kept_breaks
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, resolve_component
from layers.catalogue.targets import find_target
from layers.maps.breaks import SHARE_BOUND, SHARE_UNIT, Floats, layer_breaks
from layers.maps.palette import palette_of
from layers.period import Grain, Period
from layers.values.query import CheckedQuery, ValueQuery, check_query
from layers.values.read import answer, available_periods

Area = Literal["cell", "district"]
MOST_PERIODS = 36  # read for the classes; of a longer slider so many, evenly, with both its ends


@dataclass(frozen=True)
class Classes:
    """Inner breaks, ascending, and one colour more: class i holds breaks[i-1] < x <= breaks[i].

    Zero and no data are classes of their own, outside these.
    """

    breaks: tuple[float, ...]
    palette: tuple[str, ...]
    target: float | None = None  # the break that a diverging palette turns around


def colour_classes(
    entry: Indicator, breaks: Sequence[float], target: float | None = None
) -> Classes:
    """Return the classes with their colours, without those that no share can be in.

    An equal span around the target may pass 0 or 100 %; the other classes keep their colours.
    """
    if target is None:
        return Classes(tuple(breaks), tuple(palette_of(entry, len(breaks) + 1)))
    is_bounded = entry.unit_en == SHARE_UNIT
    possible = [each for each in breaks if not is_bounded or 0 < each < SHARE_BOUND]
    colours = palette_of(entry, len(breaks) + 1)
    first = list(breaks).index(possible[0]) if possible else 0
    return Classes(tuple(possible), tuple(colours[first : first + len(possible) + 1]), target)


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

    They are pooled over the cells (or the districts) of all steps of the slider (`step`: the
    entry's own), so that a legend stands still while time plays. Counts grow with the step, so
    each step has its own.

    Raises:
        NotFoundError: no such indicator or component.
        QueryError: the indicator is not shown by cell (by district), or not at this resolution.
    """
    entry = find_indicator(city, indicator)
    key = resolve_component(entry, component)
    res = entry.default_res if res is None else res
    target = _target_of(city, entry, key)
    kept = _name_kept(entry, key, step, by)
    with engine.begin() as connection:
        build_id = _classes_build(connection, indicator)
        breaks = _kept(connection, indicator, kept, res, build_id)
    if breaks is None:
        pooled = _pooled(engine, city, entry, key, res if by == "cell" else None, step)
        breaks = layer_breaks(pooled, entry, target)
        if build_id is not None and replayed() is None:
            _keep(engine, indicator, kept, res, build_id, breaks)
    return colour_classes(entry, breaks, turn_of(entry, target))


def turn_of(entry: Indicator, target: float | None) -> float | None:
    """Return the value that the colours turn around, None for those that do not."""
    return target if entry.classification == "diverging" else None


def _name_kept(entry: Indicator, component: str, step: Grain | None, by: Area) -> str:
    """Return the name the breaks are kept under; the plain component is the entry's own step."""
    kept = component if step in (None, entry.step) else f"{component}@{step}"
    return kept if by == "cell" else f"{kept}#{by}"


def _target_of(city: City, entry: Indicator, component: str) -> float | None:
    found = find_target(city, entry.key, component, now().date())
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
    c = kept_breaks.c
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
        statement = insert(kept_breaks).values(**row, breaks=breaks)
        connection.execute(statement.on_conflict_do_nothing())


def _pooled(
    engine: Engine,
    city: City,
    entry: Indicator,
    component: str,
    res: int | None,
    step: Grain | None,
) -> Floats:
    """Return the values of the slider's periods: of cells at a resolution, else of districts."""
    periods = thinned(available_periods(engine, city, entry.key, component, step))
    queries = [_query(entry.key, component, period, res, city) for period in periods]
    with open_snapshot(engine) as connection:
        parts = [of_places(answer(connection, city, query)) for query in queries]
    return pl.concat([*parts, pl.Series("value", [], dtype=pl.Float64)]).drop_nulls().to_numpy()


def thinned(periods: Sequence[Period]) -> list[Period]:
    """Return the periods, of many some that lie evenly among them, the first and the last too."""
    last, most = len(periods) - 1, MOST_PERIODS - 1
    if last <= most:
        return list(periods)
    return [periods[round(number * last / most)] for number in range(MOST_PERIODS)]


def of_places(frame: pl.DataFrame) -> pl.Series:
    """Return the values that are painted: records without a district have no place on the map."""
    return frame.filter(pl.col("key").cast(pl.String) != UNKNOWN_DISTRICT)["value"]


def _query(key: str, component: str, period: Period, res: int | None, city: City) -> CheckedQuery:
    by: Area = "district" if res is None else "cell"
    return check_query(ValueQuery(key, period, component, by=by, res=res), city)
