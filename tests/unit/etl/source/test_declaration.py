from pathlib import Path

import pytest
import yaml

from etl.source.declaration import read_declaration, read_declarations
from geodata.errors import DeclarationError
from tests.unit.etl.conftest import INCIDENT

ROOT = Path(__file__).resolve().parents[4]
SHIPPED = sorted((ROOT / "cities").glob("*/sources/*.yaml"))
TRIALS = sorted((ROOT / "tests" / "data" / "declarations").glob("*.yaml"))


def write(folder: Path, **changes) -> Path:
    path = folder / "source.yaml"
    path.write_text(yaml.safe_dump(INCIDENT | changes, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", [*SHIPPED, *TRIALS], ids=lambda path: path.stem)
def test_every_declaration_of_the_repository_is_valid(path):
    assert read_declaration(path).file == path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"delimeter": ";"}, "delimeter: Extra inputs"),
        ({"format": "xlsx"}, "format: unknown format 'xlsx'; known: csv, geojson, gpkg, gtfs"),
        ({"encoding": "utf-9"}, "encoding: unknown encoding 'utf-9'"),
        ({"timezone": "Asia/Changchun"}, "timezone: unknown time zone"),
        ({"cadence": "daily"}, "cadence: String should match"),
        ({"path": None}, "give either path or url"),
        (
            {"table": "incidents"},
            "table: unknown record type 'incidents'; known: dispatch_trip, ed_visit",
        ),
        ({"mapping": {"record_id": "id"}}, "incident needs channel, received_at"),
        ({"mapping": INCIDENT["mapping"] | {"colour": "c"}}, "incident has no column colour"),
        ({"mapping": INCIDENT["mapping"] | {"lon": {"const": 1, "source": "x"}}}, "exactly one"),
        ({"mapping": INCIDENT["mapping"] | {"lon": {"source": "x", "pattern": "a"}}}, "group"),
        ({"mapping": INCIDENT["mapping"] | {"lon": {"source": "x", "tz": "UTC"}}}, "tz: Extra"),
        ({"scope": "channel"}, "scope belongs to mode: snapshot"),
        ({"allocate": True}, "allocate belongs to table: population"),
        ({"table": "gtfs"}, "format gtfs and table gtfs go together"),
        ({"pairing": {"reader_id": "r", "token": "t", "read_at": "at"}}, "pairing belongs to"),
        ({"coverage": {"area": "city", "period": "declared"}}, "coverage: from and to"),
    ],
)
def test_a_wrong_key_is_named_with_its_file(tmp_path, changes, message):
    path = write(tmp_path, **changes)
    with pytest.raises(DeclarationError) as error:
        read_declaration(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)


def test_codes_that_yaml_reads_as_numbers_and_truths_are_text(tmp_path):
    mapping = INCIDENT["mapping"] | {"channel": {"source": "c", "codes": {110: 110, True: "119"}}}
    codes = read_declaration(write(tmp_path, mapping=mapping)).mapping["channel"].codes
    assert codes == {"110": "110", "true": "119"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("key: [", "not YAML"), ("- a", "must hold keys"), (None, "cannot be read")],
)
def test_what_is_no_declaration_is_an_error_not_a_traceback(tmp_path, text, message):
    path = tmp_path / "source.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError, match=message):
        read_declaration(path)


def test_a_key_belongs_to_one_file(tmp_path):
    write(tmp_path)
    (tmp_path / "other.yaml").write_text((tmp_path / "source.yaml").read_text(encoding="utf-8"))
    with pytest.raises(DeclarationError, match="'calls' is already used by"):
        read_declarations(tmp_path)


def test_the_documented_example_is_a_valid_declaration(tmp_path):
    page = (ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
    path = tmp_path / "example.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert read_declaration(path).key == "street_lights"


def test_what_belongs_to_one_unit_is_taken_from_no_other(tmp_path):
    """Turnout and travel are of the unit that arrived first, whose row stands for the call."""
    mapping = INCIDENT["mapping"] | {"enroute_at": "e", "notified_at": "n"}
    group_by = {"key": "record_id", "first_by": ["received_at"], "earliest": ["notified_at"]}
    assert read_declaration(write(tmp_path, mapping=mapping, group_by=group_by)).group_by
    group_by["earliest"].append("enroute_at")
    with pytest.raises(DeclarationError, match="enroute_at belongs to the row"):
        read_declaration(write(tmp_path, mapping=mapping, group_by=group_by))
