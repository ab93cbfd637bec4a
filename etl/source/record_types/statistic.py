"""Statistics: values that an office publishes of a place and period."""

from datetime import date

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata import tables

RECORD_TYPES.register(
    RecordType(
        name="statistic",
        says="published values of a variable by entity and period",
        table=tables.statistic,
        key=("variable", "entity_id", "item", "starts_at"),
        required=("variable", "entity_id", "starts_at", "ends_at", "value"),
        event_time="starts_at",
        placing="none",
        first_day=date(1900, 1, 1),
        whole_days=frozenset({"starts_at", "ends_at"}),
        defaults={"item": ""},
    )
)
