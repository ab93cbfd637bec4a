from datetime import UTC, date, datetime, timedelta

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator

CHANGCHUN = load_city("changchun")


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
    states = run(find_indicator(CHANGCHUN, "incident_count"), {"incident": rows}).sort(
        "component", "cell"
    )
    assert states.select("component", "cell", "district_id", "num", "n").rows() == [
        ("110", 1, "chaoyang", 1.0, 1),
        ("119", 0, "unknown", 1.0, 1),
        ("119", 1, "chaoyang", 1.0, 1),
    ]
    assert set(states["starts_at"]) == {datetime(2026, 11, 20, 16, tzinfo=UTC)}


SNAPSHOT_AT = datetime(2026, 10, 31, 16, tzinfo=UTC)  # what the fixture passes
AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
RESPONSES_S = [150, 170, 185, 200, 210, 220, 235, 238, 260, 420]


def calls(seconds, **more):
    return [
        {"received_at": AT, "notified_at": AT, "arrived_at": AT + timedelta(seconds=s), **more}
        for s in seconds
    ]


def only(states):
    assert len(states) == 1
    return states.row(0, named=True)


def test_e6_keeps_the_raw_values_in_order(run):
    state = only(
        run(
            find_indicator(CHANGCHUN, "call_to_arrival_p90"), {"incident": calls(RESPONSES_S[::-1])}
        )
    )
    assert state["vals"] == RESPONSES_S
    assert (state["n"], state["n_missing"]) == (10, 0)


def test_4_negative_too_long_and_absent_intervals_are_missing(run):
    """E3 to E6: a negative interval, or one over two hours, is null and counted as missing."""
    rows = [*calls([-1, 0, 7200, 7201]), {"received_at": AT}]
    state = only(run(find_indicator(CHANGCHUN, "call_to_arrival_p90"), {"incident": rows}))
    assert state["vals"] == [0, 7200]
    assert state["n_missing"] == 3


def test_4_non_emergencies_stay_out_of_the_p90_but_count_as_events(run):
    rows = calls([100], is_emergency=False) + calls([200])
    assert only(run(find_indicator(CHANGCHUN, "call_to_arrival_p90"), {"incident": rows}))[
        "vals"
    ] == [200]
    assert only(run(find_indicator(CHANGCHUN, "incident_count"), {"incident": rows}))["num"] == 2


def test_e7_compares_with_the_limit_of_the_service(run):
    rows = [
        *calls([300, 301], channel="119"),
        *calls([540, 541, 301], channel="120"),
        *calls([10], channel="110"),  # no limit is established
        {"received_at": AT, "channel": "119"},
    ]
    states = run(find_indicator(CHANGCHUN, "within_target_share"), {"incident": rows}).sort(
        "component"
    )
    assert states.select("component", "num", "den", "n_missing").rows() == [
        ("119", 1.0, 2.0, 1),
        ("120", 2.0, 3.0, 0),
    ]


def test_h6_leaves_out_what_has_no_denominator(run):
    month = {"starts_at": datetime(2026, 9, 30, 16, tzinfo=UTC)}
    rows = [
        {"variable": "results_recognised", "entity_id": "A", "item": "1", "value": 600.0, **month},
        {"variable": "results_existing", "entity_id": "A", "item": "1", "value": 1500.0, **month},
        {"variable": "results_recognised", "entity_id": "B", "item": "1", "value": 40.0, **month},
        {"variable": "results_existing", "entity_id": "B", "item": "1", "value": 100.0, **month},
        {"variable": "results_recognised", "entity_id": "C", "item": "1", "value": 99.0, **month},
        {"variable": "ed_present", "entity_id": "A", "item": "1", "value": 7.0, **month},
    ]
    state = only(run(find_indicator(CHANGCHUN, "mutual_recognition_rate"), {"statistic": rows}))
    assert (state["num"], state["den"]) == (640.0, 1600.0)
    assert (state["n"], state["n_missing"]) == (2, 1)
    assert state["cell"] == 0


def test_h6_of_an_institution_without_denominator_has_none(run):
    month = {"starts_at": datetime(2026, 9, 30, 16, tzinfo=UTC), "entity_id": "C", "item": "1"}
    indicator = find_indicator(CHANGCHUN, "mutual_recognition_rate")
    above = {"variable": "results_recognised", "value": 99.0, **month}
    below = {"variable": "results_existing", "value": 99.0, **month}
    assert only(run(indicator, {"statistic": [above]}))["den"] == 0
    assert only(run(indicator, {"statistic": [below]}))["den"] is None  # nothing reported at all


def test_residents_of_two_sources_are_counted_once(run):
    day = date(2020, 11, 1)
    rows = [
        {"source": source, "load_id": load_id, "vintage_on": day, "district_id": district,
         "residents": residents, "cell": cell}
        for source, load_id, district, residents, cell in [
            ("grid", 1, "a", 30.0, 1), ("grid", 1, "a", 70.0, 2), ("grid", 1, "b", 50.0, 3),
            ("census", 2, "a", 101.0, 9),
        ]
    ]  # fmt: skip
    states = run(find_indicator(CHANGCHUN, "residents"), {"population": rows})
    found = states.select("district_id", "cell", "num").sort("cell").rows()
    assert found == [("b", 3, 50.0), ("a", 9, 101.0)]


def stations(*rows):
    names = ("facility_id", "node_id", "site_id", "technology")
    return [
        {"kind": "base_station", **dict(zip(names, row, strict=True)), "operator": "a"}
        for row in rows
    ]


def test_b8_counts_stations_and_sites_and_not_sectors(run):
    # ECI 26385409, 26385410, 26385411 belong to station 103068, ECI 26386945 to 103074
    assert [eci >> 8 for eci in (26385409, 26385410, 26385411, 26386945)] == [103068] * 3 + [103074]
    rows = stations(
        ("26385409", "103068", "mast", "5g"),
        ("26385410", "103068", "mast", "5g"),
        ("26385411", "103068", "mast", "5g"),
        ("26386945", "103074", "mast", "5g"),
        ("1", "7", "roof", "4g"),
        ("2", None, None, "5g"),
    )
    assert only(run(find_indicator(CHANGCHUN, "gnb_per_10k"), {"facility": rows}))["num"] == 2
    assert only(run(find_indicator(CHANGCHUN, "sites_per_km2"), {"facility": rows}))["num"] == 2


@pytest.mark.parametrize("indicator", ["gnb_per_10k", "sites_per_km2"])
def test_b8_every_row_without_the_station_or_the_site_is_missing(run, indicator):
    rows = stations(("1", "103068", "mast", "5g"), ("2", None, None, "5g"), ("3", None, None, "5g"))
    state = only(run(find_indicator(CHANGCHUN, indicator), {"facility": rows}))
    assert (state["num"], state["n"], state["n_missing"]) == (1, 1, 2)


def test_b1_keeps_fixed_and_mobile_apart_by_month(run):
    tests = [
        {"sampled_at": AT, "technology": "fixed", "down_kbps": 500_000.0},
        {"sampled_at": AT, "technology": "mobile", "down_kbps": 100_000.0},
        {"sampled_at": AT, "technology": "mobile", "down_kbps": 300_000.0},
        {"sampled_at": AT, "technology": "mobile", "down_kbps": None},
        {"sampled_at": AT, "technology": "4g", "kind": "radio", "rsrp_dbm": -90.0},
    ]
    states = run(find_indicator(CHANGCHUN, "down_mean_mbps"), {"network_sample": tests}).sort(
        "component"
    )
    columns = ("component", "n", "n_missing", "sum_w", "sum_wx", "sum_x2")
    assert states.select(columns).rows() == [
        ("fixed", 1, 0, 1.0, 500.0, 250_000.0),
        ("mobile", 2, 1, 2.0, 400.0, 100_000.0),
    ]
    assert set(states["starts_at"]) == {datetime(2026, 10, 31, 16, tzinfo=UTC)}


def test_residents_count_from_the_day_of_the_census(run):
    rows = [{"residents": 334.0, "vintage_on": date(2020, 11, 1)}]
    state = only(run(find_indicator(CHANGCHUN, "residents"), {"population": rows}))
    assert (state["num"], state["starts_at"]) == (334, datetime(2020, 10, 31, 16, tzinfo=UTC))


def test_h1_dates_undated_records_by_their_snapshot(run):
    rows = [{"kind": "hospital", "beds": 1000.0}, {"kind": "hospital", "beds": 830.0}]
    state = only(run(find_indicator(CHANGCHUN, "beds_per_1000"), {"facility": rows}))
    assert (state["num"], state["den"], state["starts_at"]) == (1830, None, SNAPSHOT_AT)
