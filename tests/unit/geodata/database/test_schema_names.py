"""No statement of the program names the schema of the tables: such a one would escape a replay.

A connection's search path says whether a name without a schema is the table or its view.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table

from geodata.settings import ROOT
from geodata.tables import SCHEMA, metadata
from layers.catalogue.record_tables import record_table

ROOMS = ("app.py", "bench", "commands", "dashboard", "etl", "geodata", "layers", "scripts",
         "simulator")  # fmt: skip
SAYS_IT = Path("geodata/tables/columns.py")
ABOUT_IT = {  # they make, describe or look up the schema itself and read nothing through a replay
    Path("geodata/tables/__init__.py"),
    Path("geodata/database/engine.py"),
    Path("geodata/database/migrate.py"),
    Path("geodata/database/replay_views.py"),
    Path("geodata/database/rights.py"),
    Path("geodata/database/row_rights.py"),
    Path("geodata/database/statistics.py"),
}
# bytes are looked at as Python writes them: b'...'
NAMED = re.compile(
    rf"""(?<![\w.])["']?{SCHEMA}["']?\s*\.|^\s*["']?{SCHEMA}["']?\s*$""", re.IGNORECASE
)


def texts(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the constants of a module, but for those that stand alone: docstrings."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in alone:
            yield node


def breaches(source: str) -> list[str]:
    """Return where a module names the schema, or takes its name from where it is said."""
    tree = ast.parse(source)
    said = [(node.lineno, str(node.value)) for node in texts(tree)]
    found = [(line, value.strip()[:60]) for line, value in said if NAMED.search(value)]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geodata.tables"):
            found += [(node.lineno, each.name) for each in node.names if each.name == "SCHEMA"]
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "tables.SCHEMA":
            found.append((node.lineno, "tables.SCHEMA"))
    return [f"line {line}: {what}" for line, what in found]


def sources() -> list[Path]:
    files = [file for room in ROOMS for file in [ROOT / room, *(ROOT / room).rglob("*.py")]]
    kept = (file.relative_to(ROOT) for file in files if file.suffix == ".py")
    return sorted(each for each in kept if each.parts[:2] != ("geodata", "migrations"))


def test_no_module_names_the_schema() -> None:
    found = {
        str(file): named
        for file in sources()
        if file not in {SAYS_IT, *ABOUT_IT}
        and (named := breaches((ROOT / file).read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_modules_excepted_are_there_and_still_need_it() -> None:
    for file in {SAYS_IT, *ABOUT_IT}:
        assert breaches((ROOT / file).read_text(encoding="utf-8")), file


def test_statements_lie_in_no_other_files() -> None:
    found = [each for room in ROOMS for each in (ROOT / room).rglob("*.sql")]
    assert {each.relative_to(ROOT).parts[:2] for each in found} == {("geodata", "migrations")}


@pytest.mark.parametrize(
    "planted",
    [
        'QUERY = "SELECT count(*) FROM ops.incident"',
        'QUERY = b\'COPY "ops"."incident" TO STDOUT\'',
        'query = f"SELECT 1 FROM Ops . {name}"',
        'name = sql.Identifier("ops", "incident")',
        'table = Table("t", metadata, schema="ops")',
        "from geodata.tables import SCHEMA",
        "from geodata.tables.columns import SCHEMA as HERE",
        "from geodata import tables\nname = tables.SCHEMA",
    ],
)
def test_a_breach_is_seen(planted: str) -> None:
    assert len(breaches(planted)) == 1


@pytest.mark.parametrize(
    "innocent",
    [
        '"""Reads `ops.incident`."""',
        "QUERY = 'SELECT drops.n, a.ops.n FROM stops.x, props.y'",
        "path = 'crops/of'",
    ],
)
def test_what_only_looks_like_it_is_let_be(innocent: str) -> None:
    assert breaches(innocent) == []


def test_no_table_carries_the_schema() -> None:
    assert {table.schema for table in metadata.sorted_tables} == {None}
    assert metadata.schema is None
    assert record_table("incident").op().namespace.database is None
    assert isinstance(metadata.tables["incident"], Table)
