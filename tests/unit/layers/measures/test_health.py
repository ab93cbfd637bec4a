"""H5, H7 and H8 by the answers of METHODS 6."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from layers.catalogue.registry import find_indicator, find_target
from layers.score.attainment import Rating, rate_value
from layers.states.merge_frames import merge_states
from layers.values.compute import compute_values
from tests.unit.layers.conftest import SNAPSHOT_AT

STAY = "ed_rescue_stay_median"


def read(key, states, component="total", den=None):
    merged = merge_states(states.filter(component=component), ["component"])
    if den is not None:
        merged = merged.with_columns(den=pl.lit(den))
    merged = merged.with_columns(key=pl.lit("here"), is_stale=pl.lit(False))
    return compute_values(merged, find_indicator(key)).row(0, named=True)


def statistics(pairs, begins=SNAPSHOT_AT, length=timedelta(days=30)):
    return [
        {"variable": variable, "entity_id": entity, "starts_at": begins,
         "ends_at": begins + length, "value": float(value)}
        for entity, variable, value in pairs
    ]  # fmt: skip


def test_h5_coverage_and_use_from_what_communities_report(run):
    """H5 ehr_coverage, ehr_use: 50 000 residents, 45 000 records, 27 000 used."""
    rows = statistics([("a", "ehr_records", 30_000), ("b", "ehr_records", 15_000),
                       ("a", "ehr_active", 17_000), ("b", "ehr_active", 10_000)])  # fmt: skip
    tables = {"statistic": rows, "health_record": []}
    coverage = run(find_indicator("ehr_coverage"), tables)
    assert read("ehr_coverage", coverage, "reported", 50_000.0)["value"] == 90.0
    use = run(find_indicator("ehr_use"), tables)
    assert read("ehr_use", use, "reported")["value"] == 60.0


def test_h5_a_person_with_two_records_is_one_person(run):
    """H5: records of one hashed person count once, and as used if any of them is."""
    rows = [
        {"person_hash": person, "institution_id": institution, "year_on": date(2026, 1, 1),
         "entries": entries, "district_id": "chaoyang", "load_id": 1, "source": institution}
        for person, institution, entries in (
            ("p1", "x", 0), ("p1", "y", 3), ("p2", "x", 0), ("p3", "y", 1), ("p4", "y", None),
            ("p4", "x", 2),
        )
    ]  # fmt: skip
    tables = {"statistic": [], "health_record": rows}
    coverage = run(find_indicator("ehr_coverage"), tables)
    assert read("ehr_coverage", coverage, "persons", 1000.0)["value"] == 0.4
    use = read("ehr_use", run(find_indicator("ehr_use"), tables), "persons")
    assert (use["num"], use["den"]) == (3.0, 4.0)


def test_h5_more_records_than_residents_are_shown_and_said_to_be_doubtful(run):
    """H5: above 100 % the value stays as it is and the entry says what is in doubt."""
    entry = find_indicator("ehr_coverage")
    tables = {"statistic": statistics([("a", "ehr_records", 1060)]), "health_record": []}
    found = read("ehr_coverage", run(entry, tables), "reported", 1000.0)
    assert found["value"] == 106.0
    assert entry.is_doubtful(found["value"])
    assert not entry.is_doubtful(100.0)
    assert not find_indicator("bed_occupancy").is_doubtful(106.0)


def test_h7_patients_over_spaces(run):
    """H7 ed_load: 52 patients in 40 spaces give 1.30."""
    rows = statistics([("a", "ed_present", 52), ("a", "ed_spaces", 40), ("b", "ed_present", 9)])
    found = read("ed_load", run(find_indicator("ed_load"), {"statistic": rows}))
    assert found["value"] == pytest.approx(1.30)
    assert (found["n"], found["n_missing"]) == (1, 1)


def test_h7_each_hour_of_a_day_is_a_pair_of_its_own(run):
    """H7 ed_load: an hour that lacks the spaces is left out, not carried by another hour."""
    hour = timedelta(hours=1)
    rows = statistics([("a", "ed_present", 30), ("a", "ed_spaces", 40)], SNAPSHOT_AT, hour)
    rows += statistics([("a", "ed_present", 70)], SNAPSHOT_AT + hour, hour)
    found = read("ed_load", run(find_indicator("ed_load"), {"statistic": rows}))
    assert found["value"] == 0.75


def stays(minutes, outcome="admitted"):
    begins = datetime.fromisoformat("2026-11-02T08:00:00+08:00")
    return [
        {"hospital_id": "h", "visit_id": f"{outcome}{at}", "room_in_at": begins, "load_id": 1,
         "room_out_at": None if stay is None else begins + timedelta(minutes=stay),
         "outcome": outcome, "district_id": "chaoyang"}
        for at, stay in enumerate(minutes)
    ]  # fmt: skip


def test_h7_the_median_stay_is_the_mean_of_the_two_in_the_middle(run):
    """H7 ed_rescue_stay_median: 35, 50, 80, 200 min give 65; the dead are left out."""
    rows = stays([35, 50, 80, 200]) + stays([1, 1, 1], "died")
    found = read(STAY, run(find_indicator(STAY), {"ed_visit": rows}))
    assert found["value"] == pytest.approx(65)
    assert found["n"] == 4


def test_h7_a_stay_of_odd_number_is_one_that_occurred_and_open_ones_are_missing(run):
    """H7: the middle of three; a patient still in the room has no stay yet."""
    rows = stays([10, 50, 20, None, -5])
    found = read(STAY, run(find_indicator(STAY), {"ed_visit": rows}))
    assert found["value"] == pytest.approx(20)
    assert (found["n"], found["n_missing"]) == (3, 2)


@pytest.mark.parametrize(
    ("occupied", "value", "rating"),
    [(26_100, 87.0, Rating.GOOD), (31_500, 105.0, Rating.BAD), (24_000, 80.0, Rating.WATCH)],
)
def test_h8_occupied_over_open_bed_days_within_a_band(run, occupied, value, rating):
    """H8 bed_occupancy: 26 100 of 30 000 give 87.0 %; above 100 % is legal."""
    rows = statistics([("a", "bed_days_occupied", occupied), ("a", "bed_days_open", 30_000)])
    found = read("bed_occupancy", run(find_indicator("bed_occupancy"), {"statistic": rows}))
    assert found["value"] == pytest.approx(value)
    target = find_target("bed_occupancy", "total", date(2026, 11, 22))
    assert rate_value(found["value"], target) is rating
