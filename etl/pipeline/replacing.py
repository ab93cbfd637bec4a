"""What a file of records takes the place of, and what a load says of what it kept."""

from collections.abc import Sequence
from functools import partial

import polars as pl

from etl.batch import ROW, TOTAL
from etl.extract import Extracted
from etl.ledger.findings import Finding
from etl.load.replacement import Going, Replacement
from etl.pipeline.shrinking import hold_if_shrinking, name_first
from etl.source.declaration import SourceDeclaration
from etl.transform.keys import key_of, read_keys

KEPT, KEPT_UNREADABLE = "kept_rejected", "kept_unreadable_key"


def replacement_of(
    declaration: SourceDeclaration,
    file: str,
    extracted: Extracted,
    former: Sequence[int],
    zone: str,
) -> Replacement:
    """Return what a file stands for, of whose content `former` are loads by another declaration.

    Only a whole file is held: one that is added to takes away nothing but what it had brought.
    """
    is_whole = declaration.mode == "snapshot"

    def judge(going: Going) -> None:
        if is_whole:
            hold_if_shrinking(declaration, file, going)

    return Replacement(
        is_whole=is_whole,
        scope=declaration.scope,
        former=former,
        key=key_of(declaration) or list(declaration.record_type.key),
        read_spoken=partial(_read_spoken, declaration, extracted, zone),
        judge=judge,
    )


def _read_spoken(
    declaration: SourceDeclaration, extracted: Extracted, zone: str, rejects: pl.DataFrame
) -> pl.DataFrame:
    """Read the keys of rejected rows; totals speak of no record.

    A row that names no district of the city speaks of the record that has its key: the district may
    be misspelt.
    """
    ours = pl.col("reason") != TOTAL
    wanted = rejects.filter(ours).select(ROW)
    rows = extracted.frame.join(wanted, on=ROW, how="semi", maintain_order="left")
    has_shapeless = extracted.rejects.filter(ours).height > 0
    return read_keys(rows, declaration, zone, has_shapeless=has_shapeless)


def tell_kept(declaration: SourceDeclaration, going: Going, file: str) -> tuple[Finding, ...]:
    """Return the finding on the records that a file lacks but that its rejected rows may mean."""
    if not going.kept:
        return ()
    code = KEPT_UNREADABLE if going.has_unreadable else KEPT
    named = name_first(declaration, going.first_kept, going.kept)
    return (Finding(code, file, rows=going.kept, detail=f"{going.kept}{named}"),)
