"""Frames into PostGIS: our binary writer against psycopg, geopandas and the bare bytes."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import polars as pl
import shapely
from psycopg import sql
from sqlalchemy import Engine, text

from bench.database import columns_of
from bench.timing import Measure, Table, time_best
from etl.batch import X, Y
from etl.load.copy_binary import copy_frame, encode_rows
from etl.load.records import driver

_TABLE = "bench_point"
_HEAD, _TAIL = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8, b"\xff\xff"


def bench_copying(engine: Engine, frame: pl.DataFrame) -> Table:
    """Append incidents with their points to a table without indexes."""
    columns = columns_of(frame)
    plain = [name for name in columns if name != "geom"]
    names = ", ".join(columns)
    with engine.begin() as connection:
        connection.execute(
            text(f"CREATE UNLOGGED TABLE {_TABLE} AS SELECT {names} FROM incident LIMIT 0")
        )
    content = _HEAD + encode_rows(frame, columns).tobytes() + _TAIL
    few = frame.head(frame.height // 5)
    shapes = shapely.points(few[X].to_numpy(), few[Y].to_numpy())
    rows = _with_points(few.select(plain), shapes)
    features = gpd.GeoDataFrame(few.drop(X, Y).to_pandas(), geometry=shapes, crs=4326)
    features = features.rename_geometry("geom")
    copy = f"COPY {_TABLE} ({names}) FROM STDIN"
    return Table(
        f"3a. Load: {frame.height:,} incidents with points by COPY, no indexes",
        (
            _time(engine, "etl.load.copy_binary.copy_frame", frame.height,
                  lambda: _ours(engine, frame)),
            _time(engine, "floor: COPY of the same bytes, made before", frame.height,
                  lambda: _send(engine, f"{copy} (FORMAT BINARY)", content)),
            _time(engine, "psycopg write_row", len(rows),
                  lambda: _write_rows(engine, rows, [*plain, "geom"])),
            _time(engine, "GeoDataFrame.to_postgis", len(features),
                  lambda: features.to_postgis(_TABLE, engine, if_exists="append"), runs=1),
        ),
    )  # fmt: skip


def _time(
    engine: Engine, name: str, rows: int, work: Callable[[], object], runs: int = 3
) -> Measure:
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {_TABLE}"))
    return time_best(name, rows, work, runs)


def _ours(engine: Engine, frame: pl.DataFrame) -> None:
    with engine.begin() as connection:
        copy_frame(driver(connection), sql.Identifier(_TABLE), frame, columns_of(frame))


def _send(engine: Engine, statement: str, content: bytes) -> None:
    with (
        engine.begin() as connection,
        driver(connection).cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        copy.write(content)


def _with_points(frame: pl.DataFrame, shapes: np.ndarray) -> list[tuple[object, ...]]:
    hexes = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
    return list(frame.with_columns(pl.Series("geom", hexes.tolist())).iter_rows())


def _write_rows(engine: Engine, rows: list[tuple[object, ...]], names: list[str]) -> None:
    with (
        engine.begin() as connection,
        driver(connection).cursor() as cursor,
        cursor.copy(f"COPY {_TABLE} ({', '.join(names)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
