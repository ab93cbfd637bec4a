"""Statistics: values that an office publishes of a place and period."""

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
        defaults={"item": ""},
    )
)
