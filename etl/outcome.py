"""What a loader of one file hands over for the load's own row, whatever the format."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from etl.coverage import CoverageSpan
from etl.stages import StageSummary


class LoadOutcome(Protocol):
    """The counts of a file, its rejected rows (file, row_number, field, reason, raw), its span."""

    @property
    def rows_in(self) -> int:
        """Rows of the file."""
        ...

    @property
    def rows_loaded(self) -> int:
        """Rows whose values are in the database."""
        ...

    @property
    def records(self) -> int:
        """Records the rows became."""
        ...

    @property
    def rejects(self) -> pl.DataFrame:
        """The rows kept aside."""
        ...

    @property
    def stages(self) -> tuple[StageSummary, ...]:
        """A word per stage."""
        ...

    @property
    def event_from(self) -> datetime | None:
        """The earliest event."""
        ...

    @property
    def event_to(self) -> datetime | None:
        """The latest event."""
        ...

    @property
    def coverage(self) -> Iterable[CoverageSpan]:
        """Where and when the rows are all there are."""
        ...


@dataclass(frozen=True)
class RecordsOutcome:
    """The outcome of a file of records; `changes_nothing` if all were known already."""

    rows_in: int
    rows_loaded: int
    records: int
    rejects: pl.DataFrame
    stages: tuple[StageSummary, ...]
    event_from: datetime | None
    event_to: datetime | None
    coverage: tuple[CoverageSpan, ...]
    changes_nothing: bool
