"""A format and a record type are one file each, and nothing asks for a type by its name."""

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from etl.source.formats import FORMATS
from etl.source.record_types import RECORD_TYPES
from etl.source.registry import Registry

ROOT = Path(__file__).resolve().parents[4]
FORMAT = '''
"""INI files: one section a record."""

import configparser

from etl.extract.extracted import Extracted, frame_of
from etl.extract.row_format import RowFormat
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS


def read_ini(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    parser = configparser.ConfigParser()
    parser.read_string(file.read_bytes().decode())
    records = [{"name": name, **parser[name]} for name in parser.sections()]
    return Extracted(frame_of(file, declaration.limits, records, range(1, len(records) + 1)))


FORMATS.register(RowFormat(name="ini", says="INI files: one section a record", read=read_ini))
'''
RECORD_TYPE = '''
"""Wells: how deep the water stands."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Table, Text

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata.tables import metadata
from geodata.tables.columns import place, provenance

RECORD_TYPES.register(
    RecordType(
        name="well",
        says="wells and how deep their water stands",
        table=Table(
            "well", metadata, Column("well_row", BigInteger, primary_key=True),
            *provenance(checked=False), Column("well_id", Text), Column("depth_m", Float),
            Column("is_dry", Boolean), *place(checked=False),
        ),
        key=("well_id",),
        required=("well_id", "depth_m"),
        ranges={"depth_m": (0, 500)},
        defaults={"is_dry": False},
    )
)
'''
PROGRAM = """
from datetime import UTC, datetime

from etl.batch import Batch
from etl.extract import read_file
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.guide import formats_table, record_types_table
from etl.transform import transform
from etl.transform.check import check

declaration = SourceDeclaration.model_validate(
    dict(
        key="wells", title_zh="井", title_en="wells", owner="o", licence="l", cadence="none",
        provenance="real", path="wells.ini", format="ini", table="well",
        mapping={"well_id": "name", "depth_m": "depth", "lon": "x", "lat": "y"},
    )
)
content = b"[w1]\\ndepth = 12.5\\nx = 125.3\\ny = 43.9\\n"
content += content.replace(b"w1", b"w2").replace(b"12.5", b"900")
extracted = read_file(SourceFile("wells.ini", content=content), declaration)
batch = transform(Batch(extracted.frame), declaration, "UTC")
batch = check(batch, declaration.record_type, datetime(2026, 1, 1, tzinfo=UTC), {})
print(batch.frame.select("well_id", "depth_m", "is_dry").rows())
print(batch.rejects.select("field", "reason").rows())
assert "`ini`" in formats_table() and "`well`" in record_types_table()
"""


def test_a_format_and_a_record_type_are_one_new_file_each(tmp_path):
    shutil.copytree(ROOT / "etl", tmp_path / "etl", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "etl" / "extract" / "ini_file.py").write_text(FORMAT, encoding="utf-8")
    record_types = tmp_path / "etl" / "source" / "record_types"
    (record_types / "water.py").write_text(RECORD_TYPE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[('w1', 12.5, False)]",
        "[('depth', 'is not between 0 and 500')]",
    ]


@dataclass(frozen=True)
class Item:
    name: str


def test_a_registry_refuses_what_is_there_twice_or_comes_too_late():
    registry: Registry[Item] = Registry("thing", [])
    registry.register(Item("a"))
    with pytest.raises(ValueError, match="thing 'a' is registered twice"):
        registry.register(Item("a"))
    assert list(registry) == ["a"]
    with pytest.raises(ValueError, match="thing 'b' comes too late"):
        registry.register(Item("b"))
    with pytest.raises(ValueError, match="unknown thing 'b'; known: a"):
        registry.find("b")


def test_no_one_can_add_to_the_lists_in_use():
    for registry, item in ((FORMATS, FORMATS["csv"]), (RECORD_TYPES, RECORD_TYPES["incident"])):
        with pytest.raises(ValueError, match="too late"):
            registry.register(item)


def strings_in(node: ast.expr) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def switches_in(source: str, names: set[str]) -> list[int]:
    """The lines that compare something with a name, by an operator or a `case`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            asked = set().union(*(strings_in(each) for each in (node.left, *node.comparators)))
        elif isinstance(node, ast.MatchValue):
            asked = strings_in(node.value)
        else:
            continue
        if asked & names:
            found.append(node.lineno)
    return found


def test_nothing_in_etl_asks_for_a_record_type_by_its_name():
    names = set(RECORD_TYPES) | {each.table.name for each in RECORD_TYPES.values()}
    files = [
        path
        for path in (ROOT / "etl").rglob("*.py")
        if "record_types" not in path.relative_to(ROOT).parts
    ]
    assert len(files) > 80
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in files
        for line in switches_in(path.read_text(encoding="utf-8"), names)
    }
    assert found == set()


@pytest.mark.parametrize(
    "breach",
    [
        "if declaration.table == 'incident': pass",
        "if declaration.table in ('facility', 'premise'): pass",
        "match table:\n    case 'population': pass",
    ],
)
def test_the_guard_sees_a_switch(breach):
    assert switches_in(breach, set(RECORD_TYPES))
