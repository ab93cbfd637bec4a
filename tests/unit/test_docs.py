"""The pages agree with the program: every path exists, every registry's word is in the glossary."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from etl.ledger.findings import Severity
from geodata.settings import ROOT
from layers.catalogue.indicator import StateClass
from layers.period import Grain
from layers.states.status import Status

FOLDERS = (
    "assets", "bench", "cities", "commands", "dashboard", "docs", "etl", "geodata", "layers",
    "scripts", "simulator", "tests",
)  # fmt: skip
PAGES = sorted(
    page
    for folder in ("", *FOLDERS)
    for page in (ROOT.glob("*.md") if not folder else (ROOT / folder).rglob("*.md"))
    if "node_modules" not in page.parts
)
# What a reader is to make, or a department to send: such a file is not here.
TO_BE_MADE = {
    "cities/changchun/sources/water_pump_rooms.yaml",
}
# Tables tell what their former places were, and a rename names both.
OF_THE_PAST = {"CHANGELOG.md", "docs/decisions/house.md"}

GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")


def links(text: str) -> set[str]:
    """The targets of Markdown links within the checkout, without their anchors."""
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return {link.partition("#")[0] for link in found if not re.match(r"https?:|mailto:|#", link)}


def paths(text: str) -> set[str]:
    """The paths below one of our folders that a page names, in backticks or in a block."""
    folders = "|".join(FOLDERS)
    found = re.findall(rf"(?<![\w/.:<>{{-])((?:{folders})/[\w./*<>{{}}-]*)", text)
    return {path.rstrip(".") for path in found if not re.search(r"[<>{}]", path)}


def exists(path: str) -> bool:
    """Whether a path, which may hold `*`, is in the checkout."""
    if "*" in path:
        return any(ROOT.glob(path))
    return (ROOT / path).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_path_of_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = {link for link in links(text) if not (page.parent / link).exists()}
    if str(page.relative_to(ROOT)) not in OF_THE_PAST:
        missing |= {path for path in paths(text) if path not in TO_BE_MADE and not exists(path)}
    assert missing == set()


def test_a_path_that_is_not_there_is_seen() -> None:
    assert paths("see `layers/no_such_room/file.py`, cities/<city>/x") == {
        "layers/no_such_room/file.py"
    }
    assert not exists("layers/no_such_room/file.py")
    assert links("[a](decisions/none.md#x), [b](https://example.org)") == {"decisions/none.md"}


def defined(terms: Iterable[str]) -> set[str]:
    """Those of some terms that a row of the glossary begins with."""
    return {term for term in terms if re.search(rf"^\| `{re.escape(term)}`", GLOSSARY, re.M)}


@pytest.mark.parametrize(
    "terms",
    [
        {status.key for status in Status},
        {each.value for each in StateClass},
        {each.value for each in Grain},
        set(get_args(Severity)),
    ],
    ids=["statuses", "state classes", "grains", "severities"],
)
def test_every_word_of_a_registry_is_in_the_glossary(terms: set[str]) -> None:
    assert defined(terms) == terms


def test_every_term_has_one_row_in_both_languages() -> None:
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert {len(row) for row in cells} == {4}
    assert all(all(row) for row in cells)
    terms = [row[0] for row in cells if row[0] != "term"]
    assert len(terms) == len(set(terms))
