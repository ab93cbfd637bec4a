"""B3 to B9 by the answers of METHODS 5."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
import shapely

from etl.batch import Batch
from etl.transform.radio import decode_radio
from geodata.city.configuration import load_city
from geodata.space.grid import cell_to_parents, cells_to_children, latlng_to_cell
from layers.catalogue.registry import find_indicator
from layers.measures.blind_cells import RES, BlindRule, compute_blind, populated_cells
from layers.measures.hotspot_area import reached_m2
from layers.measures.predicted_coverage import compute_covered
from layers.measures.schools import SchoolRule, compute_connected
from layers.states.merge_frames import merge_states
from layers.values.compute import compute_values

CHANGCHUN = load_city("changchun")

NOV = datetime(2026, 10, 31, 16, tzinfo=UTC)


def value_of(key, states):
    merged = merge_states(states, ["component"]).with_columns(
        key=pl.col("component"), is_stale=pl.lit(False)
    )
    found = compute_values(merged, find_indicator(CHANGCHUN, key))
    return {row["key"]: row for row in found.iter_rows(named=True)}


def test_b3_premises_passed_connected_and_both_over_all(run):
    """B3 fibre_passed_share, fibre_takeup: 1200, 1080, 540 give 90.0, 50.0, 45.0 %."""
    levels = [1] * 540 + [2] * 540 + [3] * 120
    rows = [
        {"premise_id": str(at), "operator": "one", "service_level": level, "cell": 1,
         "district_id": "chaoyang", "load_id": 1}
        for at, level in enumerate(levels)
    ]  # fmt: skip
    # a second operator passes half of what the first connected, and nothing new: counted once
    rows += [rows[at] | {"operator": "two", "service_level": 2} for at in range(270)]
    rows += [rows[-1] | {"operator": "three", "premise_id": "700", "service_level": 3}]
    shares = {}
    for key in ("fibre_passed_share", "fibre_takeup", "fibre_penetration"):
        states = run(find_indicator(CHANGCHUN, key), {"premise": rows})
        shares[key] = value_of(key, states)["total"]["value"]
    assert list(shares.values()) == pytest.approx([90.0, 50.0, 45.0])


@pytest.fixture
def three_homes():
    return pl.DataFrame(
        {"cell": [1, 2, 3], "district_id": "d", "residents": [500.0, 300.0, 200.0],
         "x_m": [0.0, 200.0, 400.0], "y_m": 0.0}
    )  # fmt: skip


def pixels(operator, levels, sinr=10.0):
    return pl.DataFrame(
        {"operator": operator, "rsrp_4g_dbm": levels, "rsrp_5g_dbm": levels, "sinr_5g_db": sinr,
         "x_m": [90.0, 210.0, 320.0][: len(levels)], "y_m": -80.0}
    )  # fmt: skip


@pytest.mark.parametrize(("key", "share"), [("pop_covered_4g", 80.0), ("pop_covered_5g", 50.0)])
def test_b4_residents_whose_pixel_reaches_the_limit(three_homes, key, share):
    """B4 pop_covered_4g, pop_covered_5g: −95, −108, −112 dBm over 500, 300, 200 people."""
    (measure,) = find_indicator(CHANGCHUN, key).measures
    states = compute_covered(
        three_homes, pixels("中国移动", [-95.0, -108.0, -112.0]),
        measure.parameters["limits"], measure.parameters["operators"], 200, NOV,
    )  # fmt: skip
    found = value_of(key, states)
    assert set(found) == {"cmcc", "best"}
    assert found["cmcc"]["value"] == found["best"]["value"] == share
    assert find_indicator(CHANGCHUN, key).estimated_en
    assert states["is_estimated"].all()


def test_b4_the_best_of_operators_and_homes_without_a_prediction(three_homes):
    """B4: one operator reaches the first home, another the second; nobody predicts the third."""
    both = pl.concat([pixels("中国移动", [-95.0, -120.0]), pixels("中国联通", [-120.0, -95.0])])
    names = {"中国移动": "cmcc", "中国联通": "cucc"}
    states = compute_covered(three_homes, both, {"rsrp_4g_dbm": -110}, names, 200, NOV)
    found = value_of("pop_covered_4g", states)
    shares = {key: row["value"] for key, row in found.items()}
    assert shares == {"best": 100.0, "cmcc": 62.5, "cucc": 37.5}
    assert {row["n_missing"] for row in found.values()} == {1}
    weak = pixels("中国移动", [-95.0, -95.0], sinr=-4.0)
    limits = {"rsrp_5g_dbm": -105, "sinr_5g_db": -3}
    covered = compute_covered(three_homes, weak, limits, names, 200, NOV)
    assert covered["num"].sum() == 0


def reports(technology, indexes):
    return decode_radio(
        Batch(pl.DataFrame({"@row": range(len(indexes)), "technology": technology,
                            "report_index": indexes})), None
    )  # fmt: skip


def test_b5_report_indexes_are_decoded_by_their_own_technology(run):
    """B5 mr_coverage: LTE v=25,30,31,60 give 50 %; −110 is LTE 31 or NR 47, −105 NR 52."""
    decoded = reports("4g", [25, 30, 31, 60]).frame
    assert decoded["rsrp_dbm"].to_list() == [-116, -111, -110, -81]
    assert reports("5g", [47, 52]).frame["rsrp_dbm"].to_list() == [-110, -105]
    nr = reports("5g", [51, 52]).frame
    rows = [
        {"kind": "radio", "sampled_at": NOV, "sample_id": f"{row['technology']}{at}",
         "technology": row["technology"], "rsrp_dbm": row["rsrp_dbm"]}
        for at, row in enumerate([*decoded.iter_rows(named=True), *nr.iter_rows(named=True)])
    ]  # fmt: skip
    states = run(find_indicator(CHANGCHUN, "mr_coverage"), {"network_sample": rows})
    found = value_of("mr_coverage", states)
    assert (found["4g"]["value"], found["5g"]["value"]) == (50.0, 50.0)


def test_b5_an_index_that_the_technology_does_not_have_is_refused():
    batch = reports("4g", [97, 98, -1])
    assert batch.frame["rsrp_dbm"].to_list() == [-44]
    assert batch.rejects["@row"].to_list() == [1, 2]


def test_b6_blind_over_judged_and_unknown_beside():
    """B6 blind_cell_share: 6 good, 2 blind, 2 unknown give 25.0 %, unknown 20 %."""
    parent = int(cell_to_parents(np.array([latlng_to_cell(43.88, 125.32)]), 7)[0])
    cells = cells_to_children(np.array([parent]), RES)[:10]
    counts = pl.DataFrame(
        {
            "cell": cells[:9],
            "technology": "5g",
            "month_s": int(NOV.timestamp()),
            "reports": [50, 60, 70, 80, 90, 1000, 50, 200, 49],  # the ninth too few, the tenth none
            "good": [40, 60, 70, 80, 90, 800, 39, 0, 0],
        }
    )
    populated = pl.DataFrame({"cell": cells, "district_id": "d"})
    states = compute_blind(populated, counts, ["4g", "5g"], BlindRule(50, 0.8))
    found = value_of("blind_cell_share", states)
    assert found["5g"]["value"] == 25.0
    assert (found["5g"]["n"], found["5g"]["n_missing"]) == (8, 2)
    assert found["4g"]["value"] is None
    assert found["4g"]["n_missing"] == 10
    assert (cell_to_parents(states.filter(component="5g")["cell"].to_numpy(), RES) == cells).all()


def test_b6_a_hexagon_belongs_to_the_district_of_most_of_its_people():
    storage = latlng_to_cell(43.88, 125.32)
    siblings = cells_to_children(cell_to_parents(np.array([storage]), RES), 10)
    people = pl.DataFrame(
        {"cell": [*siblings[:3], 0], "district_id": ["a", "b", "b", "c"],
         "residents": [100.0, 60.0, 60.0, 9.0]}
    )  # fmt: skip
    assert populated_cells(people)["district_id"].to_list() == ["b"]


def test_b7_ground_within_reach_counts_once():
    """B7 area variant: circles are dissolved, and of 500 m keep 0.785319 of 0.785398 km²."""
    venue = np.array([shapely.box(0, 0, 200, 100)])
    twice = shapely.points([[50.0, 50.0], [50.0, 50.0]])
    once = reached_m2(venue, twice[:1], 50)[0]
    assert reached_m2(venue, twice, 50)[0] == pytest.approx(once)
    assert once == pytest.approx(np.pi * 2500, rel=2e-4)
    wide = np.array([shapely.box(-1e3, -1e3, 1e3, 1e3)])
    assert round(reached_m2(wide, shapely.points([[0.0, 0.0]]), 500)[0] / 1e6, 6) == 0.785319


def test_b8_cells_of_one_station_count_once():
    """B8 gnb_per_10k: ECI 26385409, 26385410, 26385411, 26386945 are eNB 103068 and 103074."""
    cells = pl.DataFrame(
        {"@row": range(4), "technology": "4g",
         "cell_identity": [26385409, 26385410, 26385411, 26386945]}
    )  # fmt: skip
    decoded = decode_radio(Batch(cells), None).frame
    assert decoded["node_id"].unique().sort().to_list() == ["103068", "103074"]


def test_b8_how_long_a_gnb_number_is_the_operator_says():
    """B8: the same NR cell identity is another station by 22 and by 32 bits, none without."""
    nci = (4_194_304 << 12) + 3
    cells = pl.DataFrame({"@row": [0], "technology": ["5g"], "cell_identity": [nci]})
    nodes = [decode_radio(Batch(cells), bits).frame["node_id"][0] for bits in (24, 22, 32, None)]
    assert nodes == ["4194304", str(nci >> 14), str(nci >> 4), None]


def test_b9_a_school_needs_twenty_megabits_or_fifty_kilobits_a_student():
    """B9 school_connected_share: 2 of 3 known are connected, one is unknown."""
    (measure,) = find_indicator(CHANGCHUN, "school_connected_share").measures
    schools = pl.DataFrame(
        {"cell": 1, "district_id": "d", "students": [300, 1200, 800, 200],
         "mbps": [25.0, 50.0, 40.0, None]}
    )  # fmt: skip
    states = compute_connected(schools, SchoolRule(**measure.parameters), NOV)
    found = value_of("school_connected_share", states)["total"]
    assert found["value"] == pytest.approx(200 / 3)
    assert (found["n"], found["n_missing"]) == (3, 1)
