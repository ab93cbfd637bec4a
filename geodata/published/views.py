"""The collections of the GIS service: a view for each published layer and resolution.

Each shows the newest period; a second view, `all_` before its name, shows every published one.
There the period is part of the id, as one place has a row a period.
"""

from typing import Any

from sqlalchemy import Connection, select, text

from geodata.published.layers import PublishedLayer
from geodata.published.statuses import NO_DATA, STATUSES
from geodata.tables import published_layer
from geodata.tables.published import PUBLISHED

HEX_PREFIX = "hex_"
COARSE_PREFIX = "hex7_"
ALL_PREFIX = "all_"  # before the name of a collection: its view of all periods
PERIOD_MARK = "@"  # in an id of such a view, between the place and the period
DISTRICT_VALUES = "district_values"
FINE_RES = 8
COARSE_RES = 7
INCIDENTS = "incident_count"  # the layer that is the collection `incidents`, too

# New columns come last: a view is replaced in place while clients read it.
_COVERED = "l.is_partial, l.covered_from, l.covered_to, l.covered_days"
_DATED = f" || '{PERIOD_MARK}' || l.period"


def write_views(connection: Connection, layer: PublishedLayer) -> None:
    """Create the collections of a layer, of which this is the newest period."""
    c = published_layer.c
    layer_id = connection.execute(
        select(c.layer_id).where(c.name == layer.name, c.is_newest)
    ).scalar_one()
    words = _status_columns(f"COALESCE(v.status, {NO_DATA})")
    for view, res in _views_of(layer.name).items():
        if res in layer.res:
            newest = f"l.layer_id = {int(layer_id)}"
            _replace_view(connection, view, _hex_view(res, words, newest))
            of_name = "l.name = '{}'".format(layer.name.replace("'", "''"))
            _replace_view(connection, ALL_PREFIX + view, _hex_view(res, words, of_name, _DATED))
            _comment(connection, view, layer)


def write_district_view(connection: Connection) -> None:
    """Create the collection of every indicator's districts."""
    words = _status_columns("v.status")
    newest = _district_view(words, "", " AND l.is_newest")
    _replace_view(connection, DISTRICT_VALUES, newest)
    _replace_view(connection, ALL_PREFIX + DISTRICT_VALUES, _district_view(words, _DATED))


def drop_views(connection: Connection, name: str) -> None:
    """Drop the collections of a layer."""
    for view in _views_of(name):
        for each in (view, ALL_PREFIX + view):
            connection.execute(text(f'DROP VIEW IF EXISTS {PUBLISHED}."{each}"'))


def _views_of(name: str) -> dict[str, int]:
    views = {HEX_PREFIX + name: FINE_RES, COARSE_PREFIX + name: COARSE_RES}
    return views | ({"incidents": FINE_RES} if name == INCIDENTS else {})


def _hex_view(res: int, words: str, chosen: str, dated: str = "") -> str:
    """Return the select of a layer's hexagons; outlines are found by index, values by key.

    Every hexagon of the city is a row: one that no number is kept of has no data, and says so.
    The parts are our own names and numbers, never user input.
    """
    return (
        f"SELECT c.zone{dated} AS id, v.value, v.lo, v.hi, v.n, {words}, l.period, l.starts_at, "  # noqa: S608 - our own words
        "l.ends_at, l.version, l.is_simulated, c.geom, "
        f"{_COVERED} "
        "FROM published_layer l CROSS JOIN published_cell c "
        "LEFT JOIN published_value v ON v.layer_id = l.layer_id AND v.cell = c.cell "
        f"WHERE {chosen} AND c.res = {res}"
    )


def _district_view(words: str, dated: str, chosen: str = "") -> str:
    return (
        f"SELECT l.name || '.' || d.district_id{dated} AS id, l.name AS indicator, l.title_zh, "  # noqa: S608 - our own words
        "l.title_en, "
        "d.district_id, d.name_zh, d.name_en, v.value, v.lo, v.hi, v.n, "
        f"{words}, l.unit_zh, l.unit_en, l.period, l.starts_at, "
        "l.ends_at, l.version, l.is_simulated, d.geom, "
        f"{_COVERED} "
        "FROM published_district v JOIN published_layer l USING (layer_id) "
        f"JOIN district d USING (district_id) WHERE d.geom IS NOT NULL{chosen}"
    )


def _status_columns(column: str) -> str:
    """Return a status as its key, its Chinese name and its code."""
    ordered = [STATUSES[code] for code in sorted(STATUSES)]
    keys, names = (", ".join(f"'{each[place]}'" for each in ordered) for place in (0, 1))
    return (
        f"(ARRAY[{keys}])[{column} + 1] AS status, (ARRAY[{names}])[{column} + 1] AS status_zh, "
        f"{column}::integer AS status_code"
    )


def _replace_view(connection: Connection, view: str, query: str) -> None:
    connection.execute(text(f'CREATE OR REPLACE VIEW {PUBLISHED}."{view}" AS {query}'))


def _comment(connection: Connection, view: str, layer: PublishedLayer) -> None:
    """Write the unit as the comment of the value column, where GIS clients show it."""
    driver: Any = connection.connection.driver_connection
    said = f"{layer.title_zh} · {layer.title_en} [{layer.unit_zh} · {layer.unit_en}]"
    quoted = said.replace("'", "''")
    for column in ("value", "lo", "hi"):
        driver.execute(f"COMMENT ON COLUMN {PUBLISHED}.\"{view}\".{column} IS '{quoted}'")
