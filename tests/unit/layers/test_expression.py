from datetime import UTC, datetime

from layers.registry import find_indicator


def test_e1_counts_events_by_local_day_and_leaves_out_what_is_none(run):
    at = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # 00:30 of the 21st in Changchun
    rows = [
        {"received_at": at},
        {"received_at": at, "cell": None, "district_id": "unknown"},
        {"received_at": at, "channel": "110"},
        {"received_at": at, "channel": "999"},
        {"received_at": at, "is_test": True},
        {"received_at": at, "is_duplicate": True},
        {"received_at": at, "is_cancelled": True},
        {"received_at": at, "is_mutual_aid": True},
        {"received_at": at, "retired_by": 7},
    ]
    states = run(find_indicator("incident_count"), {"incident": rows}).sort("component", "cell")
    assert states.select("component", "cell", "district_id", "num", "n").rows() == [
        ("110", 1, "chaoyang", 1.0, 1),
        ("119", 0, "unknown", 1.0, 1),
        ("119", 1, "chaoyang", 1.0, 1),
    ]
    assert set(states["starts_at"]) == {datetime(2026, 11, 20, 16, tzinfo=UTC)}
