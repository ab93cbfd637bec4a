"""What the simulator writes of broadband and health, loaded as declared and read as indicators."""

from datetime import date

import pytest
from sqlalchemy import select, text

from commands.sources import sources_folder
from etl.pipeline.run import load_source
from etl.source.declaration import read_declaration
from geodata.tables import network_sample, radio_prediction
from layers.build.run import build_states
from layers.period import Period
from layers.states.status import Status
from layers.values.evidence import read_evidence
from layers.values.read import ValueQuery, latest_period, read_values
from simulator.broadband.base_stations import build_masts
from simulator.broadband.predictions import write_predictions
from simulator.broadband.premises import write_premises
from simulator.broadband.radio_samples import write_radio_samples
from simulator.broadband.schools import write_schools
from simulator.ground.residents_file import write_residents
from simulator.ground.world import build_world
from simulator.health.health_returns import write_bed_days, write_health_records
from simulator.health.hospital_reports import write_ed_presence
from simulator.health.hospitals import build_hospitals, write_hospitals
from simulator.health.rescue_rooms import write_rescue_rooms

START_ON, DAYS = date(2026, 11, 1), 3
KEYS = (
    "residents", "fibre_passed_share", "fibre_takeup", "fibre_penetration", "pop_covered_4g",
    "pop_covered_5g", "mr_coverage", "blind_cell_share", "unknown_cell_share",
    "school_connected_share", "ehr_coverage", "ehr_use", "ed_load", "ed_rescue_stay_median",
    "bed_occupancy",
)  # fmt: skip
SOURCE_KEYS = (
    "residents_h3", "premises", "predictions", "schools", "radio_samples", "hospitals",
    "ed_presence", "rescue_rooms", "bed_days", "health_records",
)  # fmt: skip


@pytest.fixture(scope="module")
def loaded(engine, city, locator, tmp_path_factory):
    """The engine of a database with the simulated files loaded and their states built."""
    folder = tmp_path_factory.mktemp("incoming")
    world = build_world(city, 7)
    masts = [build_masts(world, technology) for technology in ("4G", "5G")]
    hospitals = build_hospitals(world)
    write_residents(world, folder)
    write_premises(world, folder)
    write_predictions(world, folder, masts)
    write_schools(world, folder)
    write_radio_samples(world, folder, START_ON, DAYS, masts)
    write_hospitals(folder, hospitals)
    write_ed_presence(world, folder, START_ON, DAYS, hospitals)
    write_rescue_rooms(world, folder, START_ON, DAYS, hospitals)
    write_bed_days(world, folder, START_ON, hospitals)
    write_health_records(world, folder, START_ON, hospitals)
    for key in SOURCE_KEYS:
        declaration = read_declaration(sources_folder(city) / f"{key}.yaml")
        for file in load_source(engine, city, declaration, root=folder, locator=locator).files:
            assert (file.status, file.rows_rejected) == ("loaded", 0), file
    build_states(engine, city, KEYS)
    return engine


def city_value(engine, city, key, component="default"):
    period = latest_period(engine, city, key, component)
    query = ValueQuery(key, period, component, by="city")
    return read_values(engine, city, query).row(0, named=True)


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("fibre_passed_share", 85, 99.9),
        ("fibre_takeup", 55, 70),
        ("pop_covered_4g", 85, 100),
        ("pop_covered_5g", 70, 99.9),
        ("mr_coverage", 60, 99.9),
        ("school_connected_share", 50, 95),
        ("ehr_coverage", 80, 99),
        ("ehr_use", 45, 70),
        ("ed_load", 0.5, 1.1),
        ("ed_rescue_stay_median", 60, 240),
        ("bed_occupancy", 70, 95),
    ],
)
def test_every_indicator_reads_plausibly_for_the_city(loaded, city, key, low, high):
    found = city_value(loaded, city, key)
    assert low < found["value"] < high
    if key.startswith("pop_covered"):
        assert found["status"] == Status.ESTIMATED


def test_b3_penetration_is_passed_times_takeup(loaded, city):
    """B3: three shares of one register, each home counted once."""
    passed, takeup, both = (
        city_value(loaded, city, key)
        for key in ("fibre_passed_share", "fibre_takeup", "fibre_penetration")
    )
    assert both["num"] == takeup["num"]
    assert takeup["den"] == passed["num"]
    assert both["den"] == passed["den"]
    with loaded.connect() as connection:
        homes = connection.scalar(
            text(
                "SELECT count(DISTINCT premise_id) FROM ops.premise WHERE district_id <> 'outside'"
            )
        )
    assert passed["den"] == homes


def test_b4_every_home_lies_in_a_pixel_and_the_best_is_no_worse_than_any(loaded, city):
    """B4: rasters in metres and homes in degrees meet; gaps of one operator are missing."""
    values = {
        name: city_value(loaded, city, "pop_covered_5g", name)
        for name in ("best", "cmcc", "cucc", "ctcc", "cbn")
    }
    assert values["cmcc"]["n_missing"] == 0
    assert values["cbn"]["n_missing"] > 0
    assert values["best"]["value"] >= max(each["value"] for each in values.values())
    assert values["best"]["den"] == city_value(loaded, city, "residents")["value"]
    with loaded.connect() as connection:
        counts = connection.execute(
            select(radio_prediction.c.operator, text("count(*)")).group_by("operator")
        ).all()
    assert len(counts) == 4
    assert min(number for _, number in counts) > 20_000


def test_b5_levels_come_from_the_report_index(loaded):
    """B5: whole decibels, those of the technology's own offset."""
    with loaded.connect() as connection:
        levels = connection.scalars(select(network_sample.c.rsrp_dbm).distinct()).all()
    assert all(level == int(level) for level in levels)
    assert -141 <= min(levels) < -115


def test_b6_judged_and_unknown_hexagons_are_all_that_are_populated(loaded, city):
    """B6: three days bring few hexagons fifty reports; the others are unknown, not blind."""
    judged = city_value(loaded, city, "blind_cell_share")
    unknown = city_value(loaded, city, "unknown_cell_share")
    assert judged["n"] + judged["n_missing"] == unknown["n"] == unknown["den"]
    assert judged["n_missing"] == unknown["num"]
    assert unknown["value"] > 50


def test_h5_the_district_with_too_many_records_is_shown_and_said_to_be_doubtful(loaded, city):
    """H5: 106 % stays 106 %, and the evidence says what is in doubt."""
    period = Period.parse("2026-10")
    query = ValueQuery("ehr_coverage", period, by="city", district_id="220102")
    sheet = read_evidence(loaded, city, query)
    assert sheet.value == pytest.approx(106, abs=0.1)
    assert sheet.indicator.is_doubtful(sheet.value)
