"""Locates stops and shapes: from the feed's datum to WGS-84, cell and district."""

import numpy as np
import polars as pl
import shapely

from etl.batch import X, Y
from etl.gtfs.table import Rule, Table
from etl.ledger.findings import FaultyFileError, Finding
from etl.source.declaration import SourceDeclaration
from etl.transform.locate import Locator, assign_cell, assign_district, locate_points
from geodata.city.configuration import City
from geodata.space.datums import to_wgs84

SRID = 4326
_FAULT = "_fault"


def place_stops(
    stops: Table, declaration: SourceDeclaration, city: City, locator: Locator
) -> Table:
    """Return stops.txt with `@x`, `@y` (WGS-84), cell and district; unusable places are refused.

    GTFS asks for WGS-84; a feed that breaks this declares its datum.

    Raises:
        FaultyFileError: most stops lie where they cannot.
    """
    if stops.rows.is_empty():
        return stops
    lon, lat = (
        stops.rows[name].fill_null(np.nan).to_numpy().copy() for name in ("stop_lon", "stop_lat")
    )
    places = locate_points(lon, lat, declaration, city)
    verdict = places.verdict()
    if verdict:
        why = Finding(
            "misplaced_file", stops.file, None, "stop_lat", int(places.misplaced.sum()), verdict
        )
        raise FaultyFileError(f"{stops.file}: most stops lie wrong: {verdict}", [why])
    located = stops.with_rows(
        stops.rows.with_columns(
            pl.Series(X, places.lon).fill_nan(None),
            pl.Series(Y, places.lat).fill_nan(None),
            pl.Series(_FAULT, places.fault, dtype=pl.String),
        )
    )
    reasons = [reason for reason in located.rows[_FAULT].unique().sort() if reason]
    sound = located.refuse(
        [Rule("stop_lat", r, pl.col(_FAULT) == r, "unplaceable_stop") for r in reasons]
    )
    return sound.with_rows(
        assign_district(assign_cell(sound.rows.drop(_FAULT)), locator, declaration.covered_extent)
    )


def shape_lines(points: pl.DataFrame, declaration: SourceDeclaration, city: City) -> pl.DataFrame:
    """Return shape_id and `geom`, the EWKB of its points in order, in WGS-84."""
    ordered = points.sort("shape_id", "shape_pt_sequence")
    lon, lat, _ = to_wgs84(
        ordered["shape_pt_lon"], ordered["shape_pt_lat"], declaration.datum, city.datum_area
    )
    ids = ordered["shape_id"].rle()
    owner = np.repeat(np.arange(ids.len()), ids.struct.field("len").to_numpy())
    lines = shapely.set_srid(shapely.linestrings(lon, lat, indices=owner), SRID)
    return pl.DataFrame(
        {
            "shape_id": ids.struct.field("value"),
            "geom": pl.Series(shapely.to_wkb(lines, include_srid=True), dtype=pl.Binary),
        }
    )
