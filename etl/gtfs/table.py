"""One GTFS file as rows of text and as typed rows, with the rejected rows and their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import polars as pl

from etl.ledger.findings import Finding

FAULT_SCHEMA = pl.Schema(
    {"row_number": pl.Int64, "field": pl.String, "reason": pl.String, "code": pl.String}
)


class Rule(NamedTuple):
    """A row for which `bad` is true is rejected, with `field`, `reason` and finding `code`."""

    field: str
    reason: str
    bad: pl.Expr
    code: str


@dataclass(frozen=True)
class Table:
    """A GTFS file: `text` as it stands, `rows` still sound, `faults` one per refused row.

    `text` and `rows` carry `row_number`, the line of the file (the header is line 1). `notes` are
    findings in the bytes that reject no row.
    """

    file: str
    text: pl.DataFrame
    rows: pl.DataFrame
    faults: pl.DataFrame
    notes: tuple[Finding, ...] = ()

    @property
    def rows_in(self) -> int:
        """The number of rows of the file, valid or not."""
        return self.rows.height + self.faults.height

    def refuse(self, rules: Sequence[Rule]) -> Table:
        """Return the table without the rows that break a rule; keep the first broken rule."""
        if not rules or self.rows.is_empty():
            return self
        verdict = pl.coalesce(
            pl.when(rule.bad.fill_null(value=False)).then(pl.lit(i, pl.Int32))
            for i, rule in enumerate(rules)
        )
        judged = self.rows.with_columns(verdict.alias("_rule"))
        broken = judged.filter(pl.col("_rule").is_not_null())
        if broken.is_empty():
            return self
        names = pl.DataFrame(
            {
                "_rule": pl.Series(range(len(rules)), dtype=pl.Int32),
                "field": [rule.field for rule in rules],
                "reason": [rule.reason for rule in rules],
                "code": [rule.code for rule in rules],
            }
        )
        faults = broken.join(names, on="_rule").select(list(FAULT_SCHEMA))
        kept = judged.filter(pl.col("_rule").is_null()).drop("_rule")
        return replace(self, rows=kept, faults=pl.concat([self.faults, faults]))

    def with_rows(self, rows: pl.DataFrame) -> Table:
        """Return the table with other columns for the same rows."""
        return replace(self, rows=rows)
