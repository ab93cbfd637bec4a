"""What a live piece says of its rows counts from the file's first line."""

import polars as pl

from etl.ledger.findings import Finding, summarise_rejects
from etl.ledger.rejected_rows import SCHEMA
from etl.live.piece import _from_first_line
from etl.outcome import LoadOutcome


def test_findings_of_rows_count_from_the_files_first_line():
    rejects = pl.DataFrame([("a.csv", 3, "t0", "is no time", None)], schema=SCHEMA, orient="row")
    guessed = Finding("guessed_encoding", "a.csv", detail="gb18030")
    found = (guessed, *summarise_rejects(rejects))
    outcome = LoadOutcome(2, 1, 1, rejects, (), None, None, (), findings=found)
    moved = _from_first_line(outcome, 100)
    assert moved.rejects["row_number"].to_list() == [103]
    assert moved.findings == (guessed, Finding("rejected_row", "a.csv", 103, "t0", 1, "is no time"))
