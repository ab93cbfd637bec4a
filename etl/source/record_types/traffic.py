"""Roads: the network, and the times that vehicles took between readers of plates."""

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata import tables

RECORD_TYPES.register(
    RecordType(
        name="road",
        says="the road network: junctions and the roads between them",
        table=tables.road_edge,
        key=(),
        placing="none",
        is_mapped=False,
    )
)

RECORD_TYPES.register(
    RecordType(
        name="reader_link",
        says="roads between two readers of number plates",
        table=tables.reader_link,
        key=("link_id",),
        required=("link_id", "from_reader", "to_reader", "length_m"),
        ranges={"length_m": (1, 1e5)},
        placing="lines",
    )
)

RECORD_TYPES.register(
    RecordType(
        name="link_time",
        says="travel times of a quarter hour between two readers",
        table=tables.link_time,
        key=("link_id", "starts_at"),
        required=(
            "link_id", "starts_at", "day_part", "n", "length_m", "time_s", "time_total_s",
        ),
        event_time="starts_at",
        ranges={"n": (5, 1e6), "time_s": (0, 3600)},
        allowed={"day_part": frozenset({"morning", "evening", "between", "night"})},
        placing="none",
    )
)  # fmt: skip
