"""`python -m bench`: run the benchmarks, print their tables and write bench/RESULTS.md."""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.clients import LoadTable
from bench.copying import bench_copying
from bench.database import load_incidents, open_database
from bench.flood import bench_flood
from bench.indexing import bench_indexing
from bench.live import bench_live
from bench.loading import bench_loading
from bench.locating import bench_locating
from bench.reading import bench_reading
from bench.report import format_table, write_results
from bench.sample import make_incidents, with_next_month
from bench.serving import bench_serving
from bench.states import bench_refresh, bench_states
from bench.timing import Table
from commands.context import get_context
from commands.simulated_files import incoming_dir
from commands.steps import run_steps
from geodata.city.configuration import City, load_city
from geodata.settings import get_settings
from geodata.space.districts import DistrictLocator, read_districts

_MOST_COPIED = 500_000
_MOST_REFRESHED = 50_000
_MOST_SERVED = 200_000
_WALLS = 50
_UPDATES = int(os.environ.get("BENCH_UPDATES", "200"))

Part = Callable[[City, int], Iterator[Table | LoadTable]]


def main() -> None:
    """Run all benchmarks; the machine's load before the run is recorded, to judge the figures."""
    options = _parse()
    load = os.getloadavg()[0]
    tables = []
    city = load_city(get_settings().city, get_settings().city_dir)
    parts: dict[str, Part] = {"serving": _serve, "live": _live, "flood": _flood}
    for table in parts.get(options.only, _run)(city, options.rows):
        print(format_table(table), flush=True)
        tables.append(table)
        write_results(tables, load)  # results so far are kept when a later stage fails


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    rows = int(os.environ.get("BENCH_ROWS", "10_000_000"))
    parser.add_argument("--rows", type=int, default=rows, help="incidents (BENCH_ROWS)")
    parser.add_argument(
        "--only", choices=["serving", "live", "flood"], help="this part, the others' tables stay"
    )
    return parser.parse_args()


def _run(city: City, rows: int) -> Iterator[Table | LoadTable]:
    yield bench_indexing(city, rows)
    yield bench_locating(city, rows)
    frame = make_incidents(city, DistrictLocator(read_districts(city)), rows)
    with open_database(city) as engine, tempfile.TemporaryDirectory() as folder:
        yield bench_copying(engine, frame.head(_MOST_COPIED))
        yield bench_loading(engine, frame)
        yield bench_states(engine, city, frame)
        for res in (7, 8):
            yield bench_reading(engine, city, Path(folder), res)
    with open_database(city) as engine:  # every indicator of incidents is built there
        few = frame.head(_MOST_REFRESHED)
        load_incidents(engine, few)
        yield bench_refresh(engine, city, few)
    yield from _live(city, rows)
    yield from _serve(city, rows)
    yield from _flood(city, rows)


def _live(city: City, _rows: int) -> Iterator[Table]:
    context = get_context()
    run_steps(context)  # nothing, where the program has run before
    incoming = incoming_dir(context.settings, city)
    context.engine.dispose()
    with open_database(city, is_copy=True) as engine:
        yield from bench_live(engine, city, incoming, _UPDATES, _WALLS)


def _serve(city: City, rows: int) -> Iterator[LoadTable]:
    locator = DistrictLocator(read_districts(city))
    frame = make_incidents(city, locator, min(rows, _MOST_SERVED))
    with open_database(city) as engine:
        load_incidents(engine, with_next_month(frame))
        yield bench_serving(engine, city)


def _flood(city: City, rows: int) -> Iterator[Table]:
    frame = make_incidents(city, DistrictLocator(read_districts(city)), min(rows, _MOST_REFRESHED))
    with open_database(city) as engine:
        load_incidents(engine, frame)
        yield bench_flood(engine, city)


if __name__ == "__main__":
    main()
