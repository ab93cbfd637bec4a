"""`setup`: from nothing to states, step by step; steps already done are skipped."""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from commands import stamp
from commands.context import CommandContext, get_context
from commands.simulated_files import (
    SIMULATION,
    describe_age,
    read_simulated_files,
    write_simulated_files,
)
from geodata.database.migrate import upgrade
from geodata.space.districts import load_districts

UP_TO_DATE = "up to date"

Step = tuple[str, Callable[[CommandContext], str]]


def setup(options: argparse.Namespace) -> None:
    """Run every step."""
    run_steps(get_context())


def run_steps(context: CommandContext) -> None:
    """Run every step in order, printing what each did and how long it took.

    The last steps are skipped as a whole if nothing they read has changed since the last time.
    """
    for number, (title, step) in enumerate(FIRST_STEPS, start=1):
        _run(number, title, step, context)
    is_current = stamp.is_current(context)
    for number, (title, step) in enumerate(LAST_STEPS, start=len(FIRST_STEPS) + 1):
        _run(number, title, _skip if is_current else step, context)
    if not is_current and not _has_failed(context):
        stamp.keep(context)


def _has_failed(context: CommandContext) -> bool:
    """Return whether an indicator could not be built: the next start tries it again."""
    from layers.states.version import read_failures

    return bool(read_failures(context.engine))


def _run(
    number: int, title: str, step: Callable[[CommandContext], str], context: CommandContext
) -> None:
    print(f"[{number}/{len(FIRST_STEPS) + len(LAST_STEPS)}] {title} ...", end=" ", flush=True)
    started = time.monotonic()
    outcome = step(context)
    print(f"{outcome}, {time.monotonic() - started:.1f} s", flush=True)


def _skip(context: CommandContext) -> str:
    return UP_TO_DATE


def _database(context: CommandContext) -> str:
    return context.engine.url.database or ""


def _schema(context: CommandContext) -> str:
    applied = upgrade(context.engine)
    return f"applied {', '.join(applied)}" if applied else UP_TO_DATE


def _simulate(context: CommandContext) -> str:
    if not (context.city.folder / SIMULATION).exists():
        return "nothing is simulated for this city"
    there = read_simulated_files(context.settings, context.city)
    if there is not None:
        return describe_age(there, context.city) or UP_TO_DATE
    done = write_simulated_files(context.settings, context.city)
    return f"{len(done.files)} files, {done.days} days from {done.start_on}"


def _districts(context: CommandContext) -> str:
    with context.engine.begin() as connection:
        load_districts(connection, context.city)
    return context.city.name_en


def _load(context: CommandContext) -> str:
    """Load every source's new files; a refused one does not stop the others."""
    from commands.sources import describe, load_files, select_declarations

    declarations = select_declarations(context.city, [], all_=True)
    counts: Counter[str] = Counter()
    for file in load_files(
        context.engine, context.city, declarations, skip_missing=True, places=context.places
    ):
        counts[file.status] += 1
        if file.status != "already loaded":
            print(f"\n      {describe(file)}", end=" ", flush=True)
    return ", ".join(f"{count} {status}" for status, count in counts.items()) or "no files"


def _build(context: CommandContext) -> str:
    from layers.build.run import build_states
    from layers.states.history import delete_history
    from layers.states.version import read_failures

    builds = build_states(context.engine, context.city)
    delete_history(context.engine, timedelta(days=context.settings.replay_days))
    failures = read_failures(context.engine)
    for failure in failures:
        print(f"\n      failed: {failure.indicator}: {failure.message}", end=" ", flush=True)
    return f"{len(builds)} indicators" + (f", {len(failures)} failed" if failures else "")


def _publish(context: CommandContext) -> str:
    from commands.published import publish_layers

    data_dir = context.settings.data_dir
    return f"{len(publish_layers(context.engine, context.city, data_dir))} new"


FIRST_STEPS: list[Step] = [
    ("database", _database),
    ("schema", _schema),
    ("simulating the departments' files", _simulate),
]
LAST_STEPS: list[Step] = [
    ("districts", _districts),
    ("loading", _load),
    ("building the indicators", _build),
    ("publishing layers for GIS clients", _publish),
]
