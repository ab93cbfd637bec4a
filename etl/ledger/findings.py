"""The findings of a load in a file: severity, code, file, row, field, text in two languages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import polars as pl
from sqlalchemy import Connection, insert

from etl.batch import Note, count_reasons
from etl.ledger.reasons import in_chinese
from etl.limits import LimitError
from geodata.declared import Declared, read_declared
from geodata.errors import ExtractError
from geodata.tables import finding as finding_table

Severity = Literal["error", "warning", "info"]
_CODES = Path(__file__).with_name("finding_codes.yaml")
REJECTED, _REFUSED, _BEYOND = "rejected_row", "refused_file", "beyond_limit"


class Code(Declared):
    """A kind of finding: its severity and its text."""

    severity: Severity
    zh: str
    en: str


@dataclass(frozen=True)
class Finding:
    """One kind of fault at one place: `row_number` is the first of its `rows`, the header is 1.

    `detail` is what only this finding can state: a name, a reason.
    """

    code: str
    file: str
    row_number: int | None = None
    field: str | None = None
    rows: int = 1
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """The severity: an error loses data, a warning may mislead, an info explains."""
        return read_codes()[self.code].severity

    @property
    def message_zh(self) -> str:
        """The finding in Chinese; details that quote the file stay as they are."""
        return _joined(read_codes()[self.code].zh, in_chinese(self.detail), "：")

    @property
    def message_en(self) -> str:
        """The finding in English."""
        return _joined(read_codes()[self.code].en, self.detail, ": ")


class FaultyFileError(ExtractError):
    """A file refused as a whole, with its findings."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        """Keep the message for the user and the findings for the load."""
        super().__init__(message)
        self.findings = tuple(findings)


@cache
def read_codes() -> Mapping[str, Code]:
    """Return every kind of finding by its code."""
    return read_declared(_CODES, dict[str, Code])


def _joined(text: str, detail: str, between: str) -> str:
    return f"{text}{between}{detail}" if detail else text


def explain_refusal(error: Exception | None, message: str, file: str) -> tuple[Finding, ...]:
    """Return why a file was refused: the error's own findings, else its message as one."""
    if isinstance(error, FaultyFileError) and error.findings:
        return error.findings
    if isinstance(error, LimitError):
        return (Finding(_BEYOND, file, field=f"limits.{error.limit}", detail=message),)
    return (Finding(_REFUSED, file, detail=message),)


def from_notes(notes: Iterable[Note], file: str) -> tuple[Finding, ...]:
    """Return what the stages noted as findings of a file."""
    return tuple(
        Finding(note.code, file, note.row, note.field, note.rows, note.detail) for note in notes
    )


def summarise_rejects(rejects: pl.DataFrame) -> tuple[Finding, ...]:
    """Return one finding a file, field and reason of rejected rows."""
    found = []
    parts = rejects.partition_by("file", "field", as_dict=True, maintain_order=True)
    for (file, field), rows in parts.items():
        for reason, count in count_reasons(rows).items():
            like = pl.col("reason").str.replace(r"row \d+", "another row") == reason
            first = rows.filter(like)["row_number"].min()
            number = first if isinstance(first, int) else None
            found.append(Finding(REJECTED, str(file), number, field, count, reason))
    return tuple(found)


def keep_findings(connection: Connection, load_id: int, findings: Sequence[Finding]) -> None:
    """Write the findings of a load."""
    if not findings:
        return
    rows = [
        {
            "load_id": load_id, "severity": each.severity, "code": each.code, "file": each.file,
            "row_number": each.row_number, "field": each.field, "rows": each.rows,
            "message_zh": each.message_zh, "message_en": each.message_en,
        }
        for each in findings
    ]  # fmt: skip
    connection.execute(insert(finding_table), rows)
