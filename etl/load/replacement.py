"""The current records that a whole file lacks: those that go, and those kept nevertheless."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import LiteralString

import polars as pl
from psycopg import sql

from etl.load.copy_binary import copy_frame
from etl.load.supersede import SQL_TYPES, STAGING, Supersession, equal_key, name_list
from etl.source.record_types import RecordType

SPOKEN = sql.Identifier("occ_spoken")
FIRST_NAMED = 5


@dataclass(frozen=True)
class Going:
    """How many of the current keys, within the scope, would go or are kept, and the first of them.

    Those `kept` are in no sound row of the file, but a rejected one may speak of them, also one
    whose key cannot be read (`has_unreadable`).
    """

    current: int
    going: int
    first_going: tuple[str, ...] = ()
    kept: int = 0
    first_kept: tuple[str, ...] = ()
    has_unreadable: bool = False


NOTHING_GOES = Going(0, 0)


@dataclass(frozen=True)
class Replacement:
    """What a file takes the place of, besides the records of the same keys.

    A whole file (`mode: snapshot`) stands for all of its source, or of the values of `scope` that
    it holds; any file, read anew under a changed declaration, for what was made of it before
    (`former`, the numbers of those loads). `key` names the columns that tell its records apart and
    that a row can be asked for; `read_spoken` returns them for rejected rows, null where one cannot
    be read. `judge` is asked before anything goes, and raises if too much would.
    """

    is_whole: bool
    scope: Sequence[str]
    former: Sequence[int]
    key: Sequence[str]
    read_spoken: Callable[[pl.DataFrame], pl.DataFrame]
    judge: Callable[[Going], None]


def retire_missing(
    work: Supersession, record_type: RecordType, replacement: Replacement, rejects: pl.DataFrame
) -> tuple[int, Going]:
    """Retire what the file lacks, unless a rejected row may speak of it; return how many records.

    A rejected row speaks of every record that agrees with it in what can be read of its key; one of
    whose key nothing can be read may speak of any.
    """
    if not replacement.is_whole and not replacement.former:
        return 0, NOTHING_GOES
    key = replacement.key
    spoken = replacement.read_spoken(rejects).unique(maintain_order=True)
    parts = {
        "within": _within(replacement),
        "spoken_of": _stage_spoken(work, record_type, spoken),
        "entity": name_list(key, "t"),
        "named": _named(key),
        "same_entity": sql.SQL(" AND ").join(equal_key(record_type, name) for name in key),
    }
    has_unreadable = spoken.select(pl.any_horizontal(pl.all().is_null()).any()).item() is True
    going = replace(_count(work, parts), has_unreadable=has_unreadable)
    replacement.judge(going)
    done = work.run(
        "UPDATE {target} t SET retired_by = %(load_id)s WHERE {mine} AND {within}"
        " AND NOT EXISTS (SELECT FROM {staging} s WHERE {same_key}) AND NOT {spoken_of}",
        **parts,
    )
    return done.rowcount, going


def _count(work: Supersession, parts: dict[str, sql.Composable]) -> Going:
    current = work.run(
        "SELECT count(*) FROM (SELECT DISTINCT {entity} FROM {target} t WHERE {mine} AND {within})"
        " AS entities",
        **parts,
    ).fetchone()
    lacking: LiteralString = (
        "SELECT name FROM (SELECT DISTINCT {entity}, {named} AS name FROM {target} t"
        " WHERE {mine} AND {within} AND NOT EXISTS (SELECT FROM {staging} s WHERE {same_entity})"
    )
    ordered: LiteralString = ") AS entities ORDER BY name"
    gone = work.run(lacking + " AND NOT {spoken_of}" + ordered, **parts)
    stay = work.run(lacking + " AND {spoken_of}" + ordered, **parts)
    going, kept = [name for (name,) in gone], [name for (name,) in stay]
    first_going, first_kept = tuple(going[:FIRST_NAMED]), tuple(kept[:FIRST_NAMED])
    return Going(current[0] if current else 0, len(going), first_going, len(kept), first_kept)


def _within(replacement: Replacement) -> sql.Composable:
    """Return the condition that the file is about a record, by its values or by its load."""
    if not replacement.is_whole:
        former = sql.SQL(", ").join(map(sql.Literal, replacement.former))
        return sql.SQL("t.load_id IN ({})").format(former)
    if not replacement.scope:
        return sql.SQL("true")
    return sql.SQL("({}) IN (SELECT {} FROM {})").format(
        name_list(replacement.scope, "t"), name_list(replacement.scope), sql.Identifier(STAGING)
    )


def _named(key: Sequence[str]) -> sql.Composable:
    """Return a record's name for people: the values of its key, without cells where it has more."""
    told = [name for name in key if name != "cell"] or list(key)
    return sql.SQL("concat_ws('/', {})").format(name_list(told, "t"))


def _stage_spoken(
    work: Supersession, record_type: RecordType, keys: pl.DataFrame
) -> sql.Composable:
    """Stage the keys of rejected rows; return the condition that one of them may mean a record."""
    if keys.is_empty():
        return sql.SQL("false")
    kinds = {name: record_type.columns[name] for name in keys.columns}
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(SQL_TYPES[kind]))
        for name, kind in kinds.items()
    ]
    work.run("DROP TABLE IF EXISTS {spoken}", spoken=SPOKEN)
    work.run(
        "CREATE TEMPORARY TABLE {spoken} ({kinds}) ON COMMIT DROP",
        spoken=SPOKEN,
        kinds=sql.SQL(", ").join(columns),
    )
    copy_frame(work.raw, SPOKEN, keys, kinds)
    work.run("ANALYZE {spoken}", spoken=SPOKEN)
    return sql.SQL("({})").format(sql.SQL(" OR ").join(_matches(keys)))


def _matches(keys: pl.DataFrame) -> Iterator[sql.Composable]:
    """Yield a condition for each set of key columns that can be read together, for plain joins."""
    for known in (
        keys.select(pl.all().is_not_null()).unique(maintain_order=True).iter_rows(named=True)
    ):
        conditions = [
            sql.SQL("k.{0} = t.{0}" if is_known else "k.{0} IS NULL").format(sql.Identifier(name))
            for name, is_known in known.items()
        ]
        yield sql.SQL("EXISTS (SELECT FROM {} k WHERE {})").format(
            SPOKEN, sql.SQL(" AND ").join(conditions)
        )
