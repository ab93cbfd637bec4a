"""Health: visits to emergency departments, persons with a health record."""

from datetime import date

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata import tables

OUTCOMES = frozenset({"discharged", "admitted", "transferred", "died"})

RECORD_TYPES.register(
    RecordType(
        name="ed_visit",
        says="visits to an emergency department",
        table=tables.ed_visit,
        key=("hospital_id", "visit_id"),
        required=("hospital_id", "visit_id", "room_in_at", "outcome"),
        event_time="room_in_at",
        ranges={"triage_level": (1, 4)},
        allowed={"outcome": OUTCOMES},
        placing="none",
        tells_of_persons=True,
    )
)

RECORD_TYPES.register(
    RecordType(
        name="health_record",
        says="persons of whom an institution keeps a health record, by year",
        table=tables.health_record,
        key=("person_hash", "institution_id", "year_on"),
        required=("person_hash", "institution_id", "year_on"),
        event_time="year_on",
        ranges={"entries": (0, 10_000)},
        first_day=date(1950, 1, 1),
        placing="none",
        tells_of_persons=True,
    )
)
