"""Locates vehicle reports: the rows of one file may be in two datums."""

from dataclasses import replace

import polars as pl

from etl.batch import Batch
from etl.source.declaration import SourceDeclaration
from etl.transform.locate import Locator, place
from geodata.city.configuration import City

SHIFTED = "is_shifted"


def place_pings(
    batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator
) -> Batch:
    """Give each report its point, cell and district; shifted ones are in GCJ-02.

    JT/T 808 marks each report (status bit 5: its coordinates passed the secrecy plug-in).
    """
    shifted = pl.col(SHIFTED).fill_null(value=False)
    if SHIFTED not in batch.frame.columns or not batch.frame.select(shifted.any()).item():
        return place(batch, declaration, city, locator)
    in_gcj02 = declaration.model_copy(update={"datum": "gcj02"})
    apart = [
        place(replace(batch, frame=batch.frame.filter(rows)), datum, city, locator)
        for rows, datum in ((~shifted, declaration), (shifted, in_gcj02))
    ]
    notes = apart[0].stages[-1].dropped, apart[1].stages[-1].dropped
    counts = {key: sum(note.get(key, 0) for note in notes) for note in notes for key in note}
    rejects = pl.concat([apart[0].rejects, apart[1].rejects.slice(batch.rejects.height)])
    placed = replace(
        batch, frame=pl.concat([each.frame for each in apart]).sort("@row"), rejects=rejects
    )
    return placed.staged("place", batch.frame.height, counts)
