import polars as pl
import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.states.merge_frames import merge_states
from layers.states.status import Status
from layers.values.compute import compute_values

CHANGCHUN = load_city("changchun")

RESPONSES_S = [150, 170, 185, 200, 210, 220, 235, 238, 260, 420]


def value_of(key, **state):
    """Read one value from one merged state."""
    row = {
        "key": "here",
        "n": 1,
        "n_missing": 0,
        **dict.fromkeys(("num", "den", "sum_w", "sum_wx", "sum_x", "sum_x2")),
        "is_estimated": 0,
        "is_stale": False,
        **state,
    }
    frame = pl.DataFrame([row], schema_overrides={"n": pl.Int64, "num": pl.Float64})
    return compute_values(frame, find_indicator(CHANGCHUN, key)).row(0, named=True)


def quantile_of(values, **state):
    ordered = sorted(float(value) for value in values)
    return value_of("call_to_arrival_p90", n=len(ordered), vals=ordered, **state)


def test_e6_p90_is_a_value_that_occurred():
    """E5, E6 Test: ten values -> P90 260; percentile_cont gives 276: wrong."""
    found = quantile_of(RESPONSES_S)
    assert found["value"] == 260  # percentile_cont would say 276
    assert found["status"] == Status.LOW_N
    assert found["hi"] is None


def test_e6_bounds_are_values_of_the_ranks():
    found = quantile_of(range(1, 101))
    assert (found["value"], found["lo"], found["hi"]) == (90, 84, 96)
    assert found["status"] == Status.OK


def test_4_more_than_a_tenth_missing_is_low():
    assert quantile_of(range(100), n_missing=11)["status"] == Status.OK
    assert quantile_of(range(100), n_missing=12)["status"] == Status.LOW_N


def test_e7_share_with_wilson_bounds():
    """E7 Test: at most 240 s: 80.0 %."""
    within = sum(seconds <= 240 for seconds in RESPONSES_S)
    found = value_of("within_target_share", n=10, num=float(within), den=10.0)
    assert found["value"] == 80.0
    assert (found["lo"], found["hi"]) == pytest.approx((49.02, 94.33), abs=5e-3)
    assert found["status"] == Status.LOW_N


def test_e2_rate_with_exact_bounds():
    found = value_of("incident_rate_10k", n=37, num=37.0, den=12_500.0)
    assert [round(found[name], 2) for name in ("value", "lo", "hi")] == [29.6, 20.84, 40.8]
    assert found["status"] == Status.OK


def test_e2_few_events_are_low_and_none_is_a_true_zero():
    assert value_of("incident_rate_10k", num=4.0, den=1000.0)["status"] == Status.LOW_N
    none = value_of("incident_rate_10k", n=0, num=0.0, den=10_000.0)
    assert (none["value"], none["status"]) == (0, Status.ZERO_TRUE)
    assert none["hi"] == pytest.approx(3.689, abs=5e-4)


@pytest.mark.parametrize("residents", [0.0, 99.0, None])
def test_e2_hardly_anybody_lives_there(residents):
    found = value_of("incident_rate_10k", n=7, num=7.0, den=residents)
    assert (found["value"], found["status"], found["num"]) == (None, Status.NA_DENOMINATOR, 7)


def test_b1_means_weigh_by_tests():
    """B1 Test: (200 000, n30), (50 000, n10), (400 000, n60) kbps -> 305.0 Mbps."""
    tiles = pl.DataFrame(
        {
            "n": [30, 10, 60],
            "sum_w": [30.0, 10.0, 60.0],
            "sum_wx": [200.0 * 30, 50.0 * 10, 400.0 * 60],
        }
    )
    merged = merge_states(tiles, []).row(0, named=True)
    found = value_of("down_mean_mbps", **merged)
    assert found["value"] == 305.0  # the plain mean would be 216.7
    assert found["lo"] is None  # the spread within a tile is not known


def test_b1_empty_latencies_do_not_weigh():
    """B1 Test: 40 ms n30, null n10, 80 ms n60 -> 66.67."""
    tiles = pl.DataFrame(
        {"n": [30, 0, 60], "sum_w": [30.0, None, 60.0], "sum_wx": [40.0 * 30, None, 80.0 * 60]}
    )
    found = value_of("latency_mean_ms", **merge_states(tiles, []).row(0, named=True))
    assert found["value"] == pytest.approx(66.67, abs=5e-3)


def test_b1_raw_tests_have_an_interval():
    found = value_of("down_mean_mbps", n=20, sum_w=20.0, sum_wx=400.0, sum_x=400.0, sum_x2=8020.0)
    assert found["value"] == 20.0
    assert found["lo"] < 20.0 < found["hi"]


def test_b7_share_of_venues():
    """B7 Test: 18/24 -> 75.0 %."""
    assert value_of("wifi_hotspot_coverage", n=24, num=18.0, den=24.0)["value"] == 75.0


def test_h1_beds_per_1000():
    """H1 Test: 1830/250 000 -> 7.32."""
    assert value_of("beds_per_1000", num=1830.0, den=250_000.0)["value"] == 7.32


def test_h2_doctors_per_1000():
    """H2: as H1, doctors over residents; nothing is divided by fewer than a hundred of them."""
    assert value_of("doctors_per_1000", num=850.0, den=250_000.0)["value"] == 3.4
    few = value_of("doctors_per_1000", num=1.0, den=99.0)
    assert (few["value"], few["status"]) == (None, Status.NA_DENOMINATOR)


def test_h4_minutes_weigh_by_residents_and_say_they_are_estimated():
    """H4 Test: pop 500/300/200 at 8/22/40 min -> 18.6 min; 80.0 %."""
    pop, minutes = (500.0, 300.0, 200.0), (8.0, 22.0, 40.0)
    weighted = sum(p * m for p, m in zip(pop, minutes, strict=True))
    found = value_of("nearest_hospital_min", n=3, sum_w=1000.0, sum_wx=weighted, is_estimated=1)
    assert (found["value"], found["status"]) == (18.6, Status.ESTIMATED)
    assert value_of("within_30min_share", n=3, num=800.0, den=1000.0)["value"] == 80.0


def test_h6_share_of_results():
    """H6 Test: 640/1600 -> 40.0 %."""
    assert value_of("mutual_recognition_rate", num=640.0, den=1600.0)["value"] == 40.0


def test_u_divides_by_the_hours_of_the_window():
    found = value_of("departures_per_hour", ids_n=6, hours=3.0)
    assert found["value"] == 2.0


@pytest.mark.parametrize("key", ["incident_count", "down_mean_mbps", "within_target_share"])
def test_1_3_nothing_known_stays_unknown(key):
    found = value_of(key, n=None)
    assert (found["value"], found["status"]) == (None, Status.NO_DATA)


def test_1_3_no_denominator_is_not_infinite():
    found = value_of("within_target_share", n=0, num=0.0, den=0.0)
    assert (found["value"], found["status"]) == (None, Status.NA_DENOMINATOR)


def test_1_3_stale_is_said_first():
    found = value_of("incident_count", num=3.0, is_stale=True)
    assert (found["value"], found["status"]) == (3, Status.STALE)
