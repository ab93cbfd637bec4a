"""Rows by what they name: a district of the city, no such district, or the total of other rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from etl.batch import ELSEWHERE, ROW, TOTAL, Batch, count_reasons
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import RecordType
from etl.source.totals import is_total

_DISTRICT = "district_id"


def ids_by_name(districts: pl.DataFrame) -> Mapping[str, str]:
    """Return the id of each text that names one district: its id, else a name in either language.

    `districts` has district_id, name_zh and name_en. A name that two districts share names none.
    """
    names = [
        (_plain(name), key)
        for key, *both in districts.select(_DISTRICT, "name_zh", "name_en").iter_rows()
        for name in {_plain(each) for each in both}
    ]
    shared = Counter(name for name, _ in names)
    unique = {name: key for name, key in names if shared[name] == 1}
    return unique | {_plain(key): key for key in districts[_DISTRICT]}


def _plain(text: str) -> str:
    return text.strip().casefold()


def name_districts(batch: Batch, declaration: SourceDeclaration, ids: Mapping[str, str]) -> Batch:
    """Reject totals, and rows that name a district which is none of the city's; names become ids.

    A total stands in the key, such as the institution of a return, or in the district.
    """
    rows_in, before = batch.frame.height, batch.rejects.height
    for name in _named(batch.frame, declaration.record_type):
        batch = _reject(batch, name, is_total(name), TOTAL)
    if _DISTRICT not in batch.frame.columns:
        dropped = count_reasons(batch.rejects.slice(before))
        return batch.staged("district", rows_in, dropped) if dropped else batch
    given = pl.col(_DISTRICT)
    found = given.str.strip_chars().str.to_lowercase().replace_strict(
        dict(ids), default=None, return_dtype=pl.String
    )  # fmt: skip
    batch = _reject(batch, _DISTRICT, given.is_not_null() & found.is_null(), ELSEWHERE)
    batch = replace(batch, frame=batch.frame.with_columns(found.alias(_DISTRICT)))
    return batch.staged("district", rows_in, count_reasons(batch.rejects.slice(before)))


def _named(frame: pl.DataFrame, record_type: RecordType) -> list[str]:
    names = dict.fromkeys((_DISTRICT, *record_type.key))
    return [name for name in names if frame.schema.get(name) == pl.String]


def _reject(batch: Batch, name: str, where: pl.Expr, reason: str) -> Batch:
    faulty = batch.frame.filter(where.fill_null(value=False))
    return batch.reject(
        faulty.select(ROW, pl.lit(batch.label(name)).alias("field"), pl.lit(reason).alias("reason"))
    )
