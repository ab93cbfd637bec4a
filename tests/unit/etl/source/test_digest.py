"""Which keys of a declaration a loaded file depends on."""

from pathlib import Path

import pytest

from etl.source.declaration import SourceDeclaration
from etl.source.digest import NOT_OF_RECORDS, compute_digest

SAID = {
    "key": "people", "title_zh": "人口", "title_en": "people", "owner": "bureau", "licence": "none",
    "cadence": "P1Y", "provenance": "real", "path": "people.csv", "format": "csv",
    "table": "population", "mode": "snapshot",
    "mapping": {"unit_id": "id", "residents": "n", "vintage_on": "on"},
    "weights": {"path": "floors.csv", "unit": "id", "cell": "cell", "weight": "m2"},
}  # fmt: skip


def digest(incoming: Path | None = None, **changed: object) -> str:
    return compute_digest(SourceDeclaration.model_validate(SAID | changed), incoming)


@pytest.mark.parametrize(
    "changed",
    [
        {"title_en": "residents"}, {"owner": "else"}, {"licence": "open"}, {"cadence": "P2Y"},
        {"key": "other"}, {"path": "b.csv"}, {"may_shrink": 0.5}, {"provenance": "simulated"},
        {"encoding": "auto"}, {"datum": "wgs84"},
        {"mapping": {"vintage_on": {"source": ["on"]}, "residents": "n", "unit_id": "id"}},
    ],
)  # fmt: skip
def test_names_places_and_defaults_do_not_count(changed: dict[str, object]) -> None:
    assert digest(**changed) == digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"datum": "gcj02"}, {"crs": 4551}, {"encoding": "gbk"}, {"timezone": "Asia/Tokyo"},
        {"mode": "append"}, {"area": (1, 2, 3, 4)}, {"delimiter": ";"}, {"allow_empty": True},
        {"mapping": SAID["mapping"] | {"residents": "m"}},  # type: ignore[operator]
        {"coverage": {"period": "months"}}, {"weights": None, "allocate": True},
    ],
)  # fmt: skip
def test_what_records_follow_from_counts(changed: dict[str, object]) -> None:
    assert digest(**changed) != digest()


def test_a_key_counts_unless_it_is_listed() -> None:
    assert set(SourceDeclaration.model_fields) > NOT_OF_RECORDS


def test_a_file_that_a_block_names_counts_by_its_content(tmp_path: Path) -> None:
    weights = tmp_path / "floors.csv"
    missing = digest(tmp_path)
    weights.write_text("id,cell,m2\n", encoding="utf-8")
    empty = digest(tmp_path)
    weights.write_text("id,cell,m2\n1,8a,5\n", encoding="utf-8")
    assert len({missing, empty, digest(tmp_path)}) == 3
