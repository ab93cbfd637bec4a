"""The outcome of loading a file, for the load's own row, and the results of a source's files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import polars as pl

from etl.batch import StageSummary
from etl.ledger.coverage import CoverageSpan
from etl.ledger.findings import Finding
from geodata.errors import OperationsError

Status = Literal["loaded", "already loaded", "upcoming", "refused", "held"]
WORST_FIRST: tuple[Status, ...] = ("refused", "held", "loaded", "upcoming", "already loaded")


class HeldLoadError(OperationsError):
    """A load that would take too much away: nothing of it is visible until somebody accepts it."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        """Keep the message for the user and the findings for the load."""
        super().__init__(message)
        self.message = message
        self.findings = tuple(findings)


@dataclass(frozen=True)
class LoadOutcome:
    """The outcome of a file: its rows, their records, the rejected rows, the span of events.

    `rejects` has file, row_number, field, reason and raw; `coverage` gives where and when the rows
    are complete; `changes_nothing` if every record was known already; `is_upcoming` if it is kept
    for a later day and changes nothing until then; without `findings` the rejected rows are
    summarised as findings.
    """

    rows_in: int
    rows_loaded: int
    records: int
    rejects: pl.DataFrame
    stages: tuple[StageSummary, ...]
    event_from: datetime | None
    event_to: datetime | None
    coverage: tuple[CoverageSpan, ...]
    changes_nothing: bool = False
    is_upcoming: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class FileLoad:
    """One file: its counts are rows of the file, `records` the records made of them."""

    source: str
    file: str
    status: Status
    load_id: int | None = None
    rows_in: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    records: int = 0
    stages: tuple[StageSummary, ...] = ()
    message: str | None = None


@dataclass(frozen=True)
class LoadResult:
    """The files of one source; sums are over those loaded now."""

    files: tuple[FileLoad, ...]

    @property
    def rows_in(self) -> int:
        """Rows of all files."""
        return sum(file.rows_in for file in self.files)

    @property
    def rows_loaded(self) -> int:
        """The number of rows whose values are in the database."""
        return sum(file.rows_loaded for file in self.files)

    @property
    def rows_rejected(self) -> int:
        """The number of rejected rows."""
        return sum(file.rows_rejected for file in self.files)

    @property
    def records(self) -> int:
        """The number of records in the target table."""
        return sum(file.records for file in self.files)

    @property
    def status(self) -> Status:
        """Refused or held if any file was, loaded if any was loaded, else already loaded."""
        return worst(file.status for file in self.files)

    @property
    def load_ids(self) -> list[int]:
        """The loads that were committed."""
        return [f.load_id for f in self.files if f.load_id is not None and f.status == "loaded"]

    @property
    def refused(self) -> list[FileLoad]:
        """The files that were refused as a whole."""
        return [file for file in self.files if file.status == "refused"]


def worst(statuses: Iterable[Status]) -> Status:
    """Return the status of all files from those of each."""
    found = set(statuses)
    for status in WORST_FIRST[:-1]:
        if status in found:
            return status
    return WORST_FIRST[-1]


def event_span(
    frame: pl.DataFrame, event_time: str | None
) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last event, in UTC."""
    if event_time is None or event_time not in frame.columns:
        return None, None
    times = frame[event_time].cast(pl.Datetime("us")).drop_nulls()
    first, last = times.min(), times.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return None, None
    return first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)
