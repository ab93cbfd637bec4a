"""`serve` and `run`: the ASGI server around the screens."""

import argparse
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from types import FrameType

from starlette.types import ASGIApp

from commands import steps
from commands.companions import Companion, beside
from commands.context import CommandContext, get_context
from commands.database_watch import supervised
from commands.preconditions import check_before_work
from commands.start_rule import check_start, demonstration
from geodata.city.configuration import City
from geodata.clock import now, running_clock
from geodata.database.cluster import Cluster
from geodata.database.migrate import upgrade
from geodata.settings import Settings

WORKER = "commands.screens:create_worker"


def run(options: argparse.Namespace) -> None:
    """Set up what is missing, follow live sources, serve; supervise all that until the end.

    Raises:
        SettingsError: nobody could enter; said before any data are made or loaded.
    """
    context = get_context()  # first: a clock of `.env` holds from then on
    if is_played(context, options) and options.speed != 1:  # one clock for all processes
        os.environ["OCC_CLOCK"] = running_clock(now(), datetime.now(UTC), options.speed)
    check_before_work(context.settings)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    with supervised(private_cluster(context.settings)):
        steps.run_steps(context, check_start)
        with beside(*_companions(context, options)):
            _serve(context)


def private_cluster(settings: Settings) -> Cluster | None:
    """Return the cluster that is ours to look after; None where DATABASE_URL names another's."""
    return None if settings.database_url else Cluster(settings.data_dir)


def _companions(context: CommandContext, options: argparse.Namespace) -> Iterator[Companion]:
    if context.settings.live and has_live_source(context.city):
        yield Companion("live", ["live"])
    if is_played(context, options):
        yield Companion("simulate", ["simulate", "--live", "--speed", f"{options.speed:g}"])


def is_played(context: CommandContext, options: argparse.Namespace) -> bool:
    """Return whether today is simulated: as asked, else where all that is followed is simulated."""
    if options.play is not None:
        return bool(options.play)
    from commands.sources import sources_folder
    from etl.source.declaration import read_declarations
    from simulator.ground.world import SIMULATION_FILE

    city = context.city
    followed = [each for each in read_declarations(sources_folder(city)) if each.is_followed]
    is_simulated = bool(followed) and all(each.provenance == "simulated" for each in followed)
    return context.settings.live and is_simulated and (city.folder / SIMULATION_FILE).is_file()


def has_live_source(city: City) -> bool:
    """Return whether the city declares a source to follow; the intake needs no process."""
    from commands.sources import sources_folder
    from etl.source.declaration import read_declarations

    declared = read_declarations(sources_folder(city))
    return any(each.is_followed for each in declared)


def serve(options: argparse.Namespace) -> None:
    """Serve the screens until interrupted; a new database gets its schema first."""
    context = get_context()
    check_before_work(context.settings)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    with supervised(private_cluster(context.settings)):
        if context.engines.complaint:
            print(f"one database role does everything: {context.engines.complaint}", flush=True)
        upgrade(context.engines.owner)
        print(check_start(context), flush=True)
        _serve(context)


def create_worker() -> ASGIApp:
    """Return the application of a server process; uvicorn imports it by name."""
    from commands.sources import sources_folder
    from dashboard.server import create_server
    from etl.live.intake import intake_router
    from etl.source.declaration import read_declarations

    context = get_context()
    engines, city, settings = context.engines, context.city, context.settings
    declarations = read_declarations(sources_folder(city))
    intake = intake_router(
        engines.writer, city, declarations, settings.intake_token, context.places
    )
    demo = demonstration(settings, declarations, engines.writer)
    return create_server(engines.for_answers(), city, settings, [intake], demo)


def _serve(context: CommandContext) -> None:
    from dashboard.limits.serving import serve as serve_application

    settings = context.settings
    print(f"{context.city.title_en}: http://{settings.host}:{settings.port}/", flush=True)
    with shared_metrics(settings.workers):
        serve_application(WORKER, settings)


@contextmanager
def shared_metrics(workers: int) -> Iterator[None]:
    """Let several worker processes count into files of one folder; one counts by itself."""
    from dashboard.metrics import FOLDER_VARIABLE

    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="occ-metrics-") as folder:
        os.environ[FOLDER_VARIABLE] = folder
        yield


def _leave(number: int, frame: FrameType | None) -> None:
    """Exit by an exception, so that everything started is stopped."""
    raise SystemExit(128 + number)
