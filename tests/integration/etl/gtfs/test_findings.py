"""Every one-fault feed gives findings that name its fault, as docs/gtfs-faults.md tells.

What was done to a feed its name says. Of the feeds without a fault their calendar is over; every
one of them ended years ago.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from etl.gtfs.feed import read_feed
from etl.ledger.findings import FaultyFileError, Finding
from etl.source.file import SourceFile

pytestmark = pytest.mark.realdata
TODAY = date(2026, 11, 22)
TABLE = Path(__file__).parents[4] / "docs" / "gtfs-faults.md"


class Told(NamedTuple):
    """What a feed's finding says of its fault."""

    severity: str
    code: str
    file: str
    row_number: int | None
    field: str | None


def _read_table() -> dict[str, tuple[str, Told]]:
    """Return outcome and finding of each feed."""
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")][1:]
    found = {}
    for line in lines:
        feed, outcome, severity, code, file, row, field = (
            cell.strip(" `") for cell in line.strip("|").split("|")
        )
        told = Told(severity, code, file, int(row) if row else None, field or None)
        found[feed] = (outcome, told)
    return found


EXPECTED = _read_table()
REFUSED = sorted(feed for feed, (outcome, _) in EXPECTED.items() if outcome == "refused")
LOADED = sorted(EXPECTED.keys() - set(REFUSED))


@pytest.fixture
def bad(trial_data: Path) -> Path:
    return trial_data / "transit" / "bad"


def _told(findings: tuple[Finding, ...]) -> set[Told]:
    return {Told(f.severity, f.code, f.file, f.row_number, f.field) for f in findings}


@pytest.mark.parametrize("feed", REFUSED)
def test_a_refused_feed_names_its_fault(bad: Path, feed: str) -> None:
    with pytest.raises(FaultyFileError) as refusal:
        read_feed(SourceFile.at(bad / feed), TODAY)
    assert EXPECTED[feed][1] in _told(refusal.value.findings)


@pytest.mark.parametrize("feed", LOADED)
def test_a_loaded_feed_names_its_fault(bad: Path, feed: str) -> None:
    read = read_feed(SourceFile.at(bad / feed), TODAY)
    outcome, told = EXPECTED[feed]
    assert told in _told(read.findings)
    assert outcome == f"{read.rows_loaded} of {read.rows_in} rows"
    assert all(each.message_zh and each.message_en for each in read.findings)


def test_every_feed_of_the_folder_is_expected(bad: Path) -> None:
    feeds = {path.name for path in bad.glob("*.zip")}
    feeds |= {f"transitfeed/{path.name}" for path in (bad / "transitfeed").iterdir()}
    assert feeds == EXPECTED.keys()
