"""Short ways to a declaration and to the records it makes of a text."""

from pathlib import Path

import pytest

from etl.batch import Batch
from etl.extract import read_file
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.transform import transform

INCIDENT = {
    "key": "calls",
    "title_zh": "警情",
    "title_en": "calls",
    "owner": "police",
    "licence": "none",
    "cadence": "P1D",
    "provenance": "real",
    "path": "calls.csv",
    "format": "csv",
    "timezone": "Asia/Shanghai",
    "table": "incident",
    "mapping": {"record_id": "id", "channel": {"const": "110"}, "received_at": "t0"},
}


@pytest.fixture
def declare():
    """Return a function from changes to a declaration of calls; another table has no mapping."""

    def make(**changes):
        mapping = changes.pop("mapping", {})
        if "table" not in changes:
            mapping = INCIDENT["mapping"] | mapping
        return SourceDeclaration.model_validate(INCIDENT | {"mapping": mapping} | changes)

    return make


@pytest.fixture
def records(tmp_path: Path, declare):
    """Return a function from a CSV text and a declaration's changes to transformed records."""

    def make(text: str, **changes):
        path = tmp_path / "calls.csv"
        path.write_text(text, encoding="utf-8", newline="")
        declaration = declare(**changes)
        extracted = read_file(SourceFile.at(path), declaration)
        return transform(Batch(extracted.frame), declaration, declaration.timezone or "UTC")

    return make
