"""Counts what became of a message's entities, for the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from etl.batch import StageSummary
from etl.gtfs_rt.check import Fault
from etl.ledger.findings import Finding, summarise_rejects
from etl.ledger.rejected_rows import SCHEMA as REJECTED
from etl.outcome import LoadOutcome


@dataclass
class MessageCounts:
    """Entities that were used or merged, faults, and why something was left out.

    An entity is a row. A value that is rejected while the rest of its entity is used is a row of
    its own, so that rows in are rows loaded and rows rejected.
    """

    loaded: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)

    def note(self, reason: str, count: int = 1) -> None:
        """Count entities left out for a reason."""
        if count:
            self.notes[reason] = self.notes.get(reason, 0) + count


def outcome_of(
    name: str, counts: MessageCounts, records: int, times: Iterable[datetime],
    findings: tuple[Finding, ...] = (),
) -> LoadOutcome:  # fmt: skip
    """Return the outcome of a message; `times` are those it speaks of."""
    rejects = pl.DataFrame(
        [(name, each.row, each.field, each.reason, each.raw) for each in counts.faults],
        schema=REJECTED, orient="row",
    )  # fmt: skip
    heard = list(times)
    rows = counts.loaded + len(counts.faults)
    return LoadOutcome(
        rows_in=rows,
        rows_loaded=counts.loaded,
        records=records,
        rejects=rejects,
        stages=(StageSummary("match", rows, counts.loaded, counts.notes),),
        event_from=min(heard, default=None),
        event_to=max(heard, default=None),
        coverage=(),
        findings=(*findings, *summarise_rejects(rejects)) if findings else (),
    )
