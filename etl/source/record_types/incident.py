"""Calls for help: one record a call and its revision."""

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata import tables
from geodata.tables.counted import NOT_COUNTED

RECORD_TYPES.register(
    RecordType(
        name="incident",
        says="calls to an emergency number, with the clocks of the answer",
        table=tables.incident,
        key=("record_id",),
        required=("record_id", "channel", "received_at"),
        event_time="received_at",
        declared_by_city={"channel": lambda city: [each.key for each in city.channels]},
        place_rule="optional",  # one without a place happened all the same
        defaults={
            "revision": 0, "is_emergency": True, "is_batch_keyed": False,
            **dict.fromkeys(NOT_COUNTED, False),
        },
        # a call is an event of its own, unless told; a unit's notice is the call's, unless rows of
        # several units are merged
        copied={"event_id": "record_id", "unit_notified_at": "notified_at"},
        of_one_row=("unit_id", "unit_notified_at", "enroute_at"),
        told={"event_id": "is_event_named"},
        clocks=("received_at", "answered_at", "notified_at", "enroute_at", "arrived_at"),
        left_out=NOT_COUNTED,
    )
)  # fmt: skip
