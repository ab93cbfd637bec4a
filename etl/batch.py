"""The data passed between stages: the records so far, the rejected rows, a summary per stage."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

ROW = "@row"
MEMBER = "@member"
WKB = "@wkb"
FILE = "@file"
X, Y = "@x", "@y"  # in WGS-84

# How the reasons end of rows whose record is there all the same, by another row or an earlier load.
COUNTS_INSTEAD, KNOWN_ALREADY = "which counts", "is already known"
# Rows that tell of nothing of the city: nothing that happened there is lost with them.
TOTAL, ELSEWHERE = "is a total of other rows", "names no district of the city"
NOT_OURS = (TOTAL, ELSEWHERE)

REJECT_SCHEMA = {ROW: pl.Int64, "field": pl.String, "reason": pl.String}


@dataclass(frozen=True)
class StageSummary:
    """Rows in and out of one stage, and those dropped or merged, by reason."""

    stage: str
    rows_in: int
    rows_out: int
    dropped: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the summary as it is stored in the load's row."""
        return {
            "stage": self.stage,
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "dropped": dict(self.dropped),
        }


@dataclass(frozen=True)
class Note:
    """What a stage guessed, chose or passed over: a code of the ledger and what only it can tell.

    `row` is the first of the `rows` that it speaks of.
    """

    code: str
    detail: str = ""
    row: int | None = None
    field: str | None = None
    rows: int = 1


def no_rejects() -> pl.DataFrame:
    """Return an empty frame of rejected rows."""
    return pl.DataFrame(schema=REJECT_SCHEMA)


@dataclass(frozen=True)
class Batch:
    """The records of one file between two stages.

    `frame` holds one line per record with the file row it came from in `@row`; `members` says
    which further file rows a record also carries (merged duplicates, unit rows of a call). `notes`
    tell of rows that were kept, and of what is wrong with the file as a whole. `labels` are the
    file's own names of target columns.
    """

    frame: pl.DataFrame
    rejects: pl.DataFrame = field(default_factory=no_rejects)
    members: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={ROW: pl.Int64, MEMBER: pl.Int64})
    )
    stages: tuple[StageSummary, ...] = ()
    notes: tuple[Note, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def label(self, *targets: str) -> str:
        """Return what the file calls target columns; their own names where it has none."""
        return "+".join(self.labels.get(name, name) for name in targets)

    def reject(self, faults: pl.DataFrame) -> "Batch":
        """Remove every record of the faulty rows, with the rows merged into them."""
        if faults.is_empty():
            return self
        faults = faults.select(REJECT_SCHEMA.keys()).unique(ROW, keep="first", maintain_order=True)
        merged = self.members.join(faults, on=ROW).drop(ROW).rename({MEMBER: ROW})
        rejects = pl.concat([self.rejects, faults, merged.select(REJECT_SCHEMA.keys())])
        return replace(
            self,
            frame=self.frame.join(faults, on=ROW, how="anti", maintain_order="left"),
            members=self.members.join(faults, on=ROW, how="anti"),
            rejects=rejects.unique(ROW, keep="first", maintain_order=True),
        )

    def merge(self, frame: pl.DataFrame, merged: pl.DataFrame) -> "Batch":
        """Keep `frame`; `merged` (`@row`, `@member`) names the rows that its records now carry."""
        moved = self.members.join(
            merged.rename({ROW: "@winner", MEMBER: ROW}), on=ROW, how="left"
        ).select(pl.coalesce("@winner", ROW).alias(ROW), MEMBER)
        return replace(self, frame=frame, members=pl.concat([moved, merged.select(ROW, MEMBER)]))

    def overtake(self, rows: list[int]) -> "Batch":
        """Remove records superseded by a later revision: no fault, their rows count as loaded."""
        gone = self.frame.select(ROW).filter(pl.col(ROW).is_in(rows))
        done = gone.with_columns(pl.col(ROW).alias(MEMBER))
        return replace(
            self,
            frame=self.frame.join(gone, on=ROW, how="anti", maintain_order="left"),
            members=pl.concat([self.members, done]),
        )

    def staged(self, stage: str, rows_in: int, notes: Mapping[str, int] | None = None) -> "Batch":
        """Add a stage's summary: rows in, records out, rows dropped."""
        kept = {reason: count for reason, count in (notes or {}).items() if count}
        return replace(
            self, stages=(*self.stages, StageSummary(stage, rows_in, self.frame.height, kept))
        )

    def noted(self, *notes: Note) -> "Batch":
        """Add notes of a stage."""
        return replace(self, notes=(*self.notes, *notes))

    def rows_loaded(self) -> int:
        """Count the file rows whose values the records carry."""
        rows = pl.concat([self.frame[ROW], self.members[MEMBER]])
        return rows.n_unique()


def count_reasons(rejects: pl.DataFrame) -> dict[str, int]:
    """Return how many rows were rejected for each reason, whichever other row it names."""
    reasons = pl.col("reason").str.replace(r"row \d+", "another row")
    counts = rejects.group_by(reasons).len().sort("len", "reason", descending=[True, False])
    return dict(counts.iter_rows())
