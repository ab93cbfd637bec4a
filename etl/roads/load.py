"""Loads one road extract into `road_node` and `road_edge`, inside the caller's transaction."""

from dataclasses import replace

import numpy as np
import polars as pl
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    all_,
    literal,
    select,
    true,
    union,
    update,
)

from etl.batch import StageSummary
from etl.ledger.findings import summarise_rejects
from etl.ledger.rejected_rows import SCHEMA as REJECT_SCHEMA
from etl.load.insert import insert_rows
from etl.load.replacement import FIRST_NAMED, Going
from etl.outcome import LoadOutcome
from etl.pipeline.replacing import tell_kept
from etl.pipeline.shrinking import hold_if_shrinking
from etl.roads.profiles import add_profiles
from etl.roads.read import Ways, read_ways
from etl.roads.segments import RoadFrames, build_roads
from etl.roads.speeds import add_speeds
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.transform.locate import Locator
from geodata.city.configuration import City
from geodata.errors import LoadError
from geodata.space import grid
from geodata.space.datums import to_wgs84
from geodata.tables import road_edge, road_node

_LOST = "links to a point that the extract does not place"


def load_roads(
    connection: Connection,
    city: City,
    declaration: SourceDeclaration,
    file: SourceFile,
    load_id: int,
    locator: Locator,
) -> LoadOutcome:
    """Load an extract and retire the source's earlier one; the caller commits.

    A row of the file is a way that cars or people on foot may use. `area` cuts the extract: ways
    wholly outside are left out. A way that the extract does not place keeps its earlier roads.

    Raises:
        ExtractError: the file cannot be read or holds no way.
        LoadError: none of its ways can be used, or a `crs` is declared of what is in degrees.
        HeldLoadError: more of the ways known would go than may.
    """
    if declaration.crs is not None:
        raise LoadError(f"{file}: OpenStreetMap data is in degrees: declare no 'crs' for it")
    found = in_wgs84(read_ways(file, declaration.limits), declaration, city)
    ways = _usable(_within(found, declaration.area), city)
    placed = _has_two_places(ways)
    if not placed.any():
        raise LoadError(f"{file}: none of its {found.tags.height} ways can be used")
    roads = build_roads(ways.chosen(placed))
    unplaced = ways.tags["way_id"].filter(pl.Series(~placed))
    going = _count_going(connection, declaration.key, roads.edges["way_id"], unplaced)
    hold_if_shrinking(declaration, file.name, going)
    retire_roads(connection, declaration.key, load_id, unplaced.to_list())
    records = insert_rows(connection, road_node, roads.nodes, declaration.key, load_id)
    records += insert_rows(connection, road_edge, roads.edges, declaration.key, load_id)
    restore_ends(connection, declaration.key, load_id)
    rejects = _rejects(ways.tags, placed, file.name)
    return LoadOutcome(
        rows_in=ways.tags.height,
        rows_loaded=int(placed.sum()),
        records=records,
        rejects=rejects,
        stages=_stages(found, ways, placed, roads),
        event_from=None,
        event_to=None,
        coverage=(),
        findings=(*tell_kept(declaration, going, file.name), *summarise_rejects(rejects)),
    )


def in_wgs84(ways: Ways, declaration: SourceDeclaration, city: City) -> Ways:
    """Shift the points from the declared datum; one where it does not apply has no place."""
    lon, lat, unshifted = to_wgs84(ways.lon, ways.lat, declaration.datum, city.datum_area)
    lon[unshifted] = lat[unshifted] = np.nan
    return replace(ways, lon=lon, lat=lat)


def _within(ways: Ways, area: tuple[float, float, float, float] | None) -> Ways:
    if area is None:
        return ways
    inside = grid.in_bounds(ways.lat, ways.lon, area)
    return ways.chosen(np.bincount(ways.of_way, weights=inside, minlength=len(ways.tags)) > 0)


def _usable(ways: Ways, city: City) -> Ways:
    tags = add_speeds(add_profiles(ways.tags), city.travel)
    used = tags.select(pl.any_horizontal("is_drivable", "is_drivable_back", "is_walkable"))
    with_profiles = Ways(tags, ways.node_id, ways.of_way, ways.lon, ways.lat)
    return with_profiles.chosen(used.to_series().to_numpy())


def _has_two_places(ways: Ways) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which ways have two consecutive points with known places."""
    known = np.isfinite(ways.lon)
    linked = known[:-1] & known[1:] & (ways.of_way[:-1] == ways.of_way[1:])
    counts = np.bincount(ways.of_way[:-1], weights=linked, minlength=len(ways.tags))
    return np.asarray(counts > 0)


def _count_going(
    connection: Connection, source: str, placed: pl.Series, unplaced: pl.Series
) -> Going:
    """Count the ways known that an extract lacks, and those of them that it does not place."""
    known = select(road_edge.c.way_id).where(*_current(road_edge, source)).distinct()
    current = pl.Series("way_id", list(connection.scalars(known)), dtype=pl.Int64)
    lacking = current.filter(~current.is_in(placed.implode())).sort()
    is_kept = lacking.is_in(unplaced.implode())
    going, kept = lacking.filter(~is_kept), lacking.filter(is_kept)
    return Going(len(current), len(going), _first(going), len(kept), _first(kept))


def _first(ways: pl.Series) -> tuple[str, ...]:
    return tuple(f"way {way}" for way in ways.head(FIRST_NAMED))


def retire_roads(connection: Connection, source: str, load_id: int, but_ways: list[int]) -> None:
    """Retire the roads of a source except those of some ways, and all of its crossings."""
    others = road_edge.c.way_id != all_(literal(but_ways, ARRAY(BigInteger)))
    for table, which in ((road_edge, others), (road_node, true())):
        connection.execute(
            update(table).where(*_current(table, source), which).values(retired_by=load_id)
        )


def restore_ends(connection: Connection, source: str, load_id: int) -> None:
    """Bring back the crossings at which roads of earlier loads end and that the new one lacks."""
    ends = union(
        *(
            select(end).where(*_current(road_edge, source), road_edge.c.load_id != load_id)
            for end in (road_edge.c.from_node, road_edge.c.to_node)
        )
    )
    new = select(road_node.c.node_id).where(*_current(road_node, source))
    node = road_node.c
    lost = (node.source == source, node.retired_by == load_id)
    connection.execute(
        update(road_node)
        .where(*lost, node.node_id.in_(ends), node.node_id.not_in(new))
        .values(retired_by=None)
    )


def _current(table: Table, source: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.source == source, table.c.retired_by.is_(None)


def _rejects(
    tags: pl.DataFrame, placed: np.ndarray[tuple[int], np.dtype[np.bool_]], file: str
) -> pl.DataFrame:
    refused = tags.with_row_index("row_number", 1).filter(pl.Series(~placed))
    return refused.select(
        pl.lit(file).alias("file"),
        pl.col("row_number").cast(pl.Int64),
        pl.lit("nodes").alias("field"),
        pl.lit("no two points of the way have a place in the extract").alias("reason"),
        pl.struct("way_id", "highway").struct.json_encode().alias("raw"),
    ).select(list(REJECT_SCHEMA))


def _stages(
    found: Ways,
    ways: Ways,
    placed: np.ndarray[tuple[int], np.dtype[np.bool_]],
    roads: RoadFrames,
) -> tuple[StageSummary, ...]:
    beyond = found.tags.height - ways.tags.height
    chosen = {"outside the area, or neither driven nor walked on": beyond} if beyond else {}
    notes = {
        "without a place": int((~placed).sum()),
        _LOST: roads.links_lost,
        "speed by class, not by sign": int(roads.edges["is_speed_estimated"].sum()),
    }
    return (
        StageSummary("extract", found.tags.height, ways.tags.height, chosen),
        StageSummary(
            "cut at junctions",
            ways.tags.height,
            roads.edges.height,
            {reason: count for reason, count in notes.items() if count},
        ),
    )
