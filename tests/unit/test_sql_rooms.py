"""SQL is written in the rooms of the database, as text or by SQLAlchemy, and nowhere else."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = SETTINGS["tool"]["importlinter"]["root_packages"]

# Folders and files that state what the database is to do. The others hand connections on.
ROOMS = (
    "geodata/database", "geodata/published", "geodata/queries",
    "geodata/space/districts.py",
    "geodata/tables",
    "etl/gtfs/kept.py", "etl/gtfs/load.py", "etl/gtfs/replacing.py", "etl/gtfs_rt",
    "etl/ledger", "etl/live", "etl/load", "etl/pipeline",
    "etl/plates/load.py", "etl/roads/load.py", "etl/telemetry/export.py",
    "layers/build", "layers/disclosure", "layers/maps/classes.py", "layers/states",
    "layers/values",
)  # fmt: skip
BUILDERS = {
    "delete", "exists", "insert", "literal_column", "select", "sql", "text", "union", "union_all",
    "update",
}  # fmt: skip
TEXT = re.compile(
    r"""\s*(
        SELECT\s | WITH\s+\w+\s+AS\b | INSERT\s+INTO\b | UPDATE\s+\S+\s+SET\b | DELETE\s+FROM\b
        | (CREATE|DROP|ALTER)\s+(OR\s+REPLACE\s+|TEMPORARY\s+|UNIQUE\s+|MATERIALIZED\s+)*
          (DATABASE|EXTENSION|INDEX|SCHEMA|SEQUENCE|TABLE|VIEW)\b
        | TRUNCATE\s | COPY\s+\S+\s.*\b(FROM|TO)\b | LISTEN\s | NOTIFY\s | LOCK\s+TABLE\b
        | ANALYZE\s | VACUUM\b
    )""",
    re.VERBOSE | re.DOTALL,
)


def sql_in(source: str) -> Iterator[str]:
    """Yield what in a module's source states SQL: a builder of SQLAlchemy's, or a text."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in {"sqlalchemy", "psycopg"}:
                    yield from (f"{module}.{n.name}" for n in names if n.name in BUILDERS)
            case ast.Attribute(value=ast.Name(id="sqlalchemy" | "sa" as package), attr=name):
                if name in BUILDERS:
                    yield f"{package}.{name}"
            case ast.Constant(value=str(text)):
                if TEXT.match(text):
                    yield text.strip().partition("\n")[0]


def find_sql(root: Path) -> list[tuple[Path, str]]:
    """Return each statement of SQL in the packages under `root`, with its file."""
    return [
        (path.relative_to(root), statement)
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if "node_modules" not in path.parts
        for statement in sql_in(path.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def statements() -> list[tuple[Path, str]]:
    return find_sql(ROOT)


def test_there_is_no_sql_outside_its_rooms(statements: list[tuple[Path, str]]) -> None:
    outside = [
        each for each in statements if not any(each[0].is_relative_to(room) for room in ROOMS)
    ]
    assert outside == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_states_sql(statements: list[tuple[Path, str]], room: str) -> None:
    assert any(file.is_relative_to(room) for file, _ in statements), (
        f"{room} is no room of SQL any more"
    )


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy import Connection, select",
        "from sqlalchemy.dialects.postgresql import insert",
        "from psycopg import sql",
        "import sqlalchemy as sa\nquery = sa.text('x')",
        "rows = connection.execute('SELECT count(*) FROM ops.incident')",
        "query = '''\n    WITH late AS (SELECT 1)\n    SELECT * FROM late\n'''",
        "connection.exec_driver_sql(f'DELETE FROM {table}')",
        "statement = 'CREATE TEMPORARY TABLE kept (cell bigint)'",
        "statement = 'COPY ops.incident (record_id) FROM STDIN'",
    ],
)
@pytest.mark.parametrize("file", ["dashboard/pages/planted.py", "layers/measures/planted.py"])
def test_planted_sql_is_found(tmp_path: Path, file: str, source: str) -> None:
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(source, encoding="utf-8")
    assert {found.as_posix() for found, _ in find_sql(tmp_path)} == {file}


def test_words_and_frames_are_no_sql(tmp_path: Path) -> None:
    planted = tmp_path / "dashboard" / "planted.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(
        "'Select a district'\n'Update of the map'\nframe.select('cell')\nwith_ = 'with care'\n",
        encoding="utf-8",
    )
    assert find_sql(tmp_path) == []
