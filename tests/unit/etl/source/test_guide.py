"""The guide's tables are those of the models."""

from pathlib import Path

import pytest

from etl.source.declaration import SourceDeclaration
from etl.source.formats import FORMATS
from etl.source.guide import fill_guide, formats_table, record_types_table
from etl.source.record_types import RECORD_TYPES

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "add-a-source.md"


def test_the_guide_is_current():
    text = GUIDE.read_text(encoding="utf-8")
    assert fill_guide(text) == text, "run: python app.py docs"


def test_every_field_of_a_declaration_says_what_it_is_for():
    schema = SourceDeclaration.model_json_schema()
    silent = {
        f"{name}.{field}"
        for name, block in ({"SourceDeclaration": schema} | schema["$defs"]).items()
        for field, said in block.get("properties", {}).items()
        if not said.get("description")
    }
    assert silent == set()


def test_every_format_and_record_type_is_told():
    told = formats_table()
    assert all(f"`{each.block or each.name}`" in told for each in FORMATS.values())
    rows = record_types_table().splitlines()
    assert len(rows) == 2 + len(RECORD_TYPES)
    calls = next(row for row in rows if row.startswith("| `incident` |"))
    assert "**`received_at` (time)**" in calls
    assert "`revision` (int)" in calls


def test_a_guide_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="lacks the marks of its table 'formats'"):
        fill_guide("# Add a source\n")
