"""What a loader of one file hands over for the load's own row, whatever the format."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from etl.coverage import CoverageSpan
from etl.findings import Finding
from etl.stages import StageSummary


@dataclass(frozen=True)
class LoadOutcome:
    """What became of a file: its rows, the records they became, the rows kept aside, its span.

    `rejects` has file, row_number, field, reason and raw; `coverage` says where and when the rows
    are all there are; `changes_nothing` if every record was known already;
    without `findings` the rejected rows are summed up as such.
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
    findings: tuple[Finding, ...] = ()
