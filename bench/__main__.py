"""`python -m bench`: run the benchmarks, print their tables and write bench/RESULTS.md."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.copying import bench_copying
from bench.database import load_incidents, open_database
from bench.indexing import bench_indexing
from bench.locating import bench_locating
from bench.reading import bench_reading
from bench.report import format_table, write_results
from bench.sample import make_incidents
from bench.states import bench_states
from bench.timing import Table
from geodata.city import City, load_city
from geodata.districts import DistrictLocator, read_districts
from geodata.settings import get_settings


def main() -> None:
    """Run all of them; the load before the run is written down, because it tells how to read it."""
    options = _parse()
    load = os.getloadavg()[0]
    tables = []
    for table in _run(load_city(get_settings().city), options.points, options.incidents):
        print(format_table(table), flush=True)
        tables.append(table)
    write_results(tables, load)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000, help="points to index and locate")
    parser.add_argument("--incidents", type=int, default=200_000, help="incidents to load and sum")
    return parser.parse_args()


def _run(city: City, points: int, incidents: int) -> Iterator[Table]:
    yield bench_indexing(city, points)
    yield bench_locating(city, points)
    frame = make_incidents(city, DistrictLocator(read_districts(city)), incidents)
    with open_database(city) as engine, tempfile.TemporaryDirectory() as folder:
        yield bench_copying(engine, frame)
        load_incidents(engine, frame)
        yield bench_states(engine, city, incidents)
        for res in (7, 8):
            yield bench_reading(engine, city, Path(folder), res)


if __name__ == "__main__":
    main()
