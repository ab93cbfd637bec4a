"""Writes everything the departments of a city would send, from its configuration and a seed."""

from datetime import date, timedelta
from pathlib import Path

from geodata.city.configuration import City
from simulator.broadband.base_stations import build_masts, write_base_stations
from simulator.broadband.predictions import write_predictions
from simulator.broadband.premises import write_premises
from simulator.broadband.radio_samples import write_radio_samples
from simulator.broadband.schools import write_schools
from simulator.broadband.speed_tests import write_speed_tests
from simulator.broadband.venues import build_venues, write_access_points, write_venues
from simulator.emergency.incident_files import write_incidents, write_stations
from simulator.files import Written
from simulator.ground.residents_file import write_residents
from simulator.ground.roads_file import write_roads
from simulator.ground.world import World, build_world
from simulator.health.health_returns import write_bed_days, write_health_records
from simulator.health.hospital_reports import write_ed_presence, write_recognition
from simulator.health.hospitals import build_hospitals, write_hospitals
from simulator.health.rescue_rooms import write_rescue_rooms
from simulator.traffic.plate_reads import write_plate_reads
from simulator.transit.bus_feed import build_bus_timetable, write_bus_feed
from simulator.transit.bus_records import write_bus_records
from simulator.transit.rail_feed import write_rail_feed

README = """SIMULATED 模拟数据

Everything in this folder was invented by the simulator of this program. None of it comes from a
department of {name_en} ({name_zh}), and none of it may be read as a fact about the city.

seed      {seed}
period    {start_on} to {ends_on} (the last day is included)
written   by the command `simulate`; the same seed, period and configuration give the same bytes

Real, as shipped with the program: district boundaries, census totals, rail stations, place names.
Each file's declaration says `provenance: simulated`, and every number made from it says so too.
"""


def _write_broadband(world: World, folder: Path, start_on: date, days: int) -> list[Written]:
    masts = [build_masts(world, technology) for technology in ("4G", "5G")]
    venues = build_venues(world)
    ends_on = start_on + timedelta(days=days - 1)
    return [
        *write_base_stations(world, folder, masts),
        *write_speed_tests(world, folder, start_on, days),
        *write_radio_samples(world, folder, start_on, days, masts),
        *write_venues(world, folder, venues),
        *write_access_points(world, folder, venues, ends_on),
        *write_premises(world, folder),
        *write_predictions(world, folder, masts),
        *write_schools(world, folder),
    ]


def _write_health(world: World, folder: Path, start_on: date, days: int) -> list[Written]:
    hospitals = build_hospitals(world)
    ends_on = start_on + timedelta(days=days - 1)
    return [
        *write_hospitals(folder, hospitals),
        *write_ed_presence(world, folder, start_on, days, hospitals),
        *write_recognition(world, folder, ends_on, hospitals),
        *write_rescue_rooms(world, folder, start_on, days, hospitals),
        *write_bed_days(world, folder, ends_on, hospitals),
        *write_health_records(world, folder, ends_on, hospitals),
    ]


def simulate(city: City, out_dir: Path, seed: int, start_on: date, days: int) -> list[Written]:
    """Write `days` days from `start_on` into `out_dir`, the incoming folder of the city.

    Equal arguments give equal bytes; a longer run repeats the events of a shorter one.

    Raises:
        CityError: the city has no census or no sound `simulation.yaml`.
    """
    world = build_world(city, seed)
    buses = build_bus_timetable(world)
    written = [
        *write_residents(world, out_dir),
        *write_rail_feed(world, out_dir),
        *write_bus_feed(world, out_dir, buses),
        *write_bus_records(world, out_dir, buses, start_on, days),
        *write_roads(world, out_dir),
        *write_stations(world, out_dir),
        *write_incidents(world, out_dir, start_on, days),
        *_write_broadband(world, out_dir, start_on, days),
        *_write_health(world, out_dir, start_on, days),
        *write_plate_reads(world, out_dir, start_on, days),
    ]
    text = README.format(
        name_en=city.name_en,
        name_zh=city.name_zh,
        seed=seed,
        start_on=start_on,
        ends_on=start_on + timedelta(days=days - 1),
    )
    (out_dir / "README.txt").write_text(text, encoding="utf-8")
    return written
