"""GTFS as a format of files."""

from etl.gtfs.kept import is_waiting, read_due
from etl.gtfs.load import load_feed
from etl.pipeline.whole_format import WholeFormat
from etl.source.formats import FORMATS

FORMATS.register(
    WholeFormat(
        name="gtfs",
        says="a GTFS timetable, zipped or as a folder",
        table="gtfs",
        load=load_feed,
        read_due=read_due,
        is_waiting=is_waiting,
        may_be_folder=True,
        lapses=True,
    )
)
