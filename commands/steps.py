"""`setup`: from nothing to states, step by step; what is done already is skipped."""

import argparse
import time
from collections.abc import Callable

from commands.context import Context, get_context
from commands.simulated_files import read_simulated_files, write_simulated_files
from geodata.migrate import upgrade

Step = tuple[str, Callable[[Context], str]]


def setup(options: argparse.Namespace) -> None:
    """Run every step."""
    run_steps(get_context())


def run_steps(context: Context) -> None:
    """Run every step in order, telling what each did and how long it took."""
    for number, (title, step) in enumerate(STEPS, start=1):
        print(f"[{number}/{len(STEPS)}] {title} ...", end=" ", flush=True)
        started = time.monotonic()
        outcome = step(context)
        print(f"{outcome}, {time.monotonic() - started:.1f} s", flush=True)


def _database(context: Context) -> str:
    return context.engine.url.database or ""


def _schema(context: Context) -> str:
    applied = upgrade(context.engine)
    return f"applied {', '.join(applied)}" if applied else "up to date"


def _districts(context: Context) -> str:
    from geodata.districts import load_districts

    with context.engine.begin() as connection:
        load_districts(connection, context.city)
    return context.city.name_en


def _simulate(context: Context) -> str:
    done = read_simulated_files(context.settings, context.city)
    if done is not None:
        return f"{len(done.files)} files are there"
    return f"{len(write_simulated_files(context.settings, context.city).files)} files"


def _load(context: Context) -> str:
    from etl import commands as etl_commands

    etl_commands.load(context.engine, context.city, [], None, all_=True)
    return "loaded"


def _build(context: Context) -> str:
    from layers.build import build_states

    return f"{len(build_states(context.engine, context.city))} indicators"


STEPS: list[Step] = [
    ("database", _database),
    ("schema", _schema),
    ("districts", _districts),
    ("simulating the departments' files", _simulate),
    ("loading", _load),
    ("building the indicators", _build),
]
