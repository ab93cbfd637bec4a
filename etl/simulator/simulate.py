"""Writes everything the departments of a city would send, from its configuration and a seed."""

from datetime import date
from pathlib import Path

from etl.simulator.files import Written
from etl.simulator.incident_files import write_incidents
from etl.simulator.residents_file import write_residents
from etl.simulator.world import build_world
from geodata.city import City


def simulate(city: City, out_dir: Path, seed: int, start_on: date, days: int) -> list[Written]:
    """Write `days` days from `start_on` into `out_dir`, the incoming folder of the city.

    Equal arguments give equal bytes, and a longer run repeats the days of a shorter one.

    Raises:
        CityError: the city has no census or no sound `simulation.yaml`.
    """
    world = build_world(city, seed)
    return [
        *write_residents(world, out_dir),
        *write_incidents(world, out_dir, start_on, days, {}),
    ]
