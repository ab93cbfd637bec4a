"""Which indicator is computed again from which real data, or why none of them can feed it."""

from pathlib import Path

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import load_catalogue

CHANGCHUN = load_city("changchun")

HERE = Path(__file__).parent
POA = "porto_alegre/test_timetable.py"
WAYS = "porto_alegre/test_access.py"
SF, OAHU = "test_san_francisco.py", "test_oahu.py"

FED = {
    POA: [
        "residents", "stop_coverage_pop_300", "stop_coverage_pop_500", "stop_coverage_area_500",
        "departures_per_hour", "stop_departures", "headway_mean_min", "wait_random_min",
        "service_span_h", "service_hours", "scheduled_speed_kmh",
    ],
    WAYS: [
        "stop_coverage_walk_300", "stop_coverage_walk_500", "ptai", "nearest_hospital_min",
        "within_30min_share", "e2sfca_doctors", "station_coverage_share", "beds_per_1000",
        "doctors_per_1000",
    ],
    SF: [
        "incident_count", "incident_calls", "call_processing_p90", "turnout_p90", "travel_p90",
        "call_to_arrival_p90", "within_target_share", "open_incidents", "open_incidents_mean",
        "open_age_p90", "stale_open",
    ],
    OAHU: ["down_mean_mbps", "up_mean_mbps", "latency_mean_ms"],
}  # fmt: skip
NOT_FED = {
    "San Francisco comes without residents": ["incident_rate_10k"],
    "no file says how vehicles ran": [
        "on_time_share", "on_time_share_strict", "departures_observed", "excess_wait_min",
        "headway_cv", "bunching_share", "trip_completion", "first_departure_punctuality",
        "vehicle_km", "traffic_index_tpi", "travel_time_index",
    ],
    "Oahu's tiles are means, no raw tests": ["down_median_mbps"],
    "no file has premises, radio, venues with access points, base stations or school speeds": [
        "fibre_passed_share", "fibre_takeup", "fibre_penetration", "pop_covered_4g",
        "pop_covered_5g", "mr_coverage", "blind_cell_share", "unknown_cell_share",
        "wifi_hotspot_coverage", "wifi_hotspot_area_share", "gnb_per_10k", "sites_per_km2",
        "school_connected_share",
    ],
    "no file has health returns": [
        "ehr_coverage", "ehr_use", "mutual_recognition_rate", "ed_load",
        "ed_rescue_stay_median", "bed_occupancy",
    ],
}  # fmt: skip


def test_every_indicator_is_computed_again_or_says_why_not() -> None:
    named = [key for table in (FED, NOT_FED) for keys in table.values() for key in keys]
    assert sorted(named) == sorted(load_catalogue(CHANGCHUN))


@pytest.mark.parametrize("module", FED)
def test_what_is_said_to_be_computed_again_is(module: str) -> None:
    text = (HERE / module).read_text(encoding="utf-8")
    assert all(f'"{key}"' in text for key in FED[module])
