"""Networks: measurements, tiles of speed tests, premises and predicted coverage."""

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata import tables

_AVERAGES = ("avg_d_kbps", "avg_u_kbps", "avg_lat_ms", "avg_lat_down_ms", "avg_lat_up_ms")

RECORD_TYPES.register(
    RecordType(
        name="network_sample",
        says="single speed tests and radio measurements",
        table=tables.network_sample,
        key=("sample_id",),
        required=("sample_id", "kind", "technology", "sampled_at"),
        event_time="sampled_at",
        ranges={
            "down_kbps": (0, 1e8), "up_kbps": (0, 1e8), "latency_ms": (0, 1e6),
            "rsrp_dbm": (-157, 0),
        },
        allowed={
            "kind": frozenset({"speed_test", "radio"}),
            "technology": frozenset({"fixed", "mobile", "4g", "5g"}),
        },
        decoded={"report_index": "int"},
        extent="wider",
    )
)  # fmt: skip

RECORD_TYPES.register(
    RecordType(
        name="speed_tile",
        says="averages of speed tests by tile of zoom 16 and quarter",
        table=tables.speed_tile,
        key=("technology", "quarter_on", "quadkey"),
        required=("quadkey", "technology", "quarter_on", "tests"),
        event_time="quarter_on",
        ranges=dict.fromkeys(_AVERAGES, (0.0, 1e8)) | {"tests": (0.0, 1e9), "devices": (0.0, 1e9)},
        allowed={"technology": frozenset({"fixed", "mobile"})},
        placing="tiles",
        extent="wider",
    )
)

RECORD_TYPES.register(
    RecordType(
        name="premise",
        says="premises by operator: connected, passed or neither",
        table=tables.premise,
        key=("premise_id", "operator"),
        required=("premise_id", "operator", "service_level"),
        ranges={"service_level": (1, 3)},
    )
)

RECORD_TYPES.register(
    RecordType(
        name="radio_prediction",
        says="an operator's predicted signal by pixel",
        table=tables.radio_prediction,
        key=("operator", "pixel_id"),
        required=("operator", "pixel_id"),
        event_time="predicted_on",
        ranges=dict.fromkeys(("rsrp_4g_dbm", "rsrp_5g_dbm"), (-200.0, 0.0))
        | {"sinr_5g_db": (-50.0, 60.0)},
        extent="wider",
    )
)
