"""The evidence sheet: definition, parts, uncertainty, target and sources of one number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.engine import open_snapshot
from geodata.errors import NotFoundError
from geodata.tables import load
from layers.catalogue.indicator import ALL, Indicator
from layers.catalogue.targets import Target, find_target
from layers.states.status import Status
from layers.states.version import Build, read_build_in
from layers.values.left_out import LeftOut, read_left_out
from layers.values.query import ValueQuery, check_query
from layers.values.read import answer


@dataclass(frozen=True)
class Source:
    """One load that a number rests on."""

    load_id: int
    source: str
    owner: str
    licence: str
    provenance: str  # real | simulated
    loaded_at: datetime


@dataclass(frozen=True)
class Evidence:
    """One number with its definition, parts, uncertainty, target and sources."""

    indicator: Indicator
    component: str
    component_zh: str
    component_en: str
    period: str
    place: str  # the city's code, a district_id or a cell
    value: float | None
    lo: float | None  # 95 %, by the method `indicator.interval`
    hi: float | None
    n: int
    n_missing: int
    num: float | None
    den: float | None
    status: Status
    target: Target | None
    build: Build | None
    sources: tuple[Source, ...]
    late_sources: tuple[str, ...]  # at the end of the period, or now
    left_out: LeftOut


def read_evidence(engine: Engine, city: City, query: ValueQuery) -> Evidence:
    """Return the evidence of one number: of the city, or of the district or cell of the query.

    Raises:
        NotFoundError: no such indicator or component.
        QueryError: the query is not `by="city"`, or does not fit the indicator.
    """
    checked = check_query(query, city)
    with open_snapshot(engine) as connection:
        row = answer(connection, city, checked).row(0, named=True)
        build = _build(connection, checked.indicator)
        sources = _read_sources(connection, build)
        left_out = read_left_out(connection, checked)
    late = build.late_sources(min(now(), checked.span[1])) if build else ()
    zh, en = _labels(checked.indicator, checked.component)
    return Evidence(
        indicator=checked.indicator,
        component=checked.component,
        component_zh=zh,
        component_en=en,
        period=str(checked.period),
        place=row.pop("key"),
        status=Status(row.pop("status")),
        target=find_target(city, checked.indicator.key, checked.component, now().date()),
        build=build,
        sources=sources,
        late_sources=late,
        left_out=left_out,
        **row,
    )


def _labels(indicator: Indicator, component: str) -> tuple[str, str]:
    if component == ALL:
        return "合计", "All"
    declared = indicator.components.get(component)
    return (declared.label_zh, declared.label_en) if declared else ("", "")


def _build(connection: Connection, indicator: Indicator) -> Build | None:
    try:
        return read_build_in(connection, indicator)
    except NotFoundError:
        return None


def _read_sources(connection: Connection, build: Build | None) -> tuple[Source, ...]:
    if build is None:
        return ()
    c = load.c
    columns = (c.load_id, c.source, c.owner, c.licence, c.provenance, c.finished_at)
    chosen = select(*columns).where(c.load_id.in_(build.load_ids)).order_by(c.load_id)
    return tuple(Source(*row) for row in connection.execute(chosen))
