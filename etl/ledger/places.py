"""Findings of where the records of a file lie: beyond the city, or nowhere that is known."""

from collections.abc import Collection, Mapping

import polars as pl

from etl.batch import ROW, WKB
from etl.ledger.findings import Finding
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import GEOMETRY_TEXT, PLACE_CODE
from geodata.tables import OUTSIDE_DISTRICT, UNKNOWN_DISTRICT, UNPLACED_DISTRICT

_WHERE = ("lon", "lat", "cell", GEOMETRY_TEXT, PLACE_CODE, "district_id")
_CODES: Mapping[str, str] = {
    OUTSIDE_DISTRICT: "outside_city",
    UNKNOWN_DISTRICT: "place_unknown",
    UNPLACED_DISTRICT: "place_unplaced",
}


def tell_places(
    declaration: SourceDeclaration, given: Collection[str], frame: pl.DataFrame, file: str
) -> tuple[Finding, ...]:
    """Return how many records lie outside the city, and how many have no place that is known.

    A file of the city that never says where, such as one of values of the whole city, is passed
    over, but for what lies outside: that is known. `given` are the columns it has.
    """
    mapped = [declaration.mapping[name] for name in _WHERE if name in declaration.mapping]
    says_where = WKB in given or any(name in given for each in mapped for name in each.source)
    found = count_places(frame, file, ROW)
    if says_where or declaration.covered_extent == "wider":
        return found
    return tuple(each for each in found if each.code == _CODES[OUTSIDE_DISTRICT])


def count_places(frame: pl.DataFrame, file: str, row: str | None = None) -> tuple[Finding, ...]:
    """Return the same of any records; `row` is the column with the row of the file, if any.

    A row whose people were divided over pieces counts once in each of the three.
    """
    if "district_id" not in frame.columns:
        return ()
    first = pl.col(row).min() if row else pl.lit(None, pl.Int64)
    count = pl.col(row).n_unique() if row else pl.len()
    kinds = frame.group_by("district_id").agg(first.alias("first"), count.alias("count"))
    found = {name: (first, count) for name, first, count in kinds.iter_rows()}
    return tuple(
        Finding(code, file, found[name][0], rows=found[name][1])
        for name, code in _CODES.items()
        if name in found
    )
