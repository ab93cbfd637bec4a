"""Residents of published units."""

from datetime import date

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata import tables

RECORD_TYPES.register(
    RecordType(
        name="population",
        says="residents by point, H3 cell or polygon",
        table=tables.population,
        key=("unit_id", "vintage_on", "cell", "district_id"),
        required=("unit_id", "vintage_on", "residents"),
        event_time="vintage_on",
        vintage="vintage_on",
        ranges={"residents": (0, 1e9)},
        placing="residents",
        first_day=date(1800, 1, 1),
    )
)
