"""Plate reads as a format of files: CSV of which a declaration's `pairing` names the columns."""

from etl.pipeline.whole_format import WholeFormat
from etl.plates.load import load_plate_reads
from etl.source.formats import FORMATS

FORMATS.register(
    WholeFormat(
        name="plate_reads",
        says="reads of number plates, which become travel times",
        table="link_time",
        load=load_plate_reads,
        block="pairing",
        of="csv",
        is_destroyed=True,  # single reads are kept no longer than it takes
    )
)
