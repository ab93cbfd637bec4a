"""`serve` and `run`: the ASGI server around the screens."""

import argparse
import signal
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from commands import steps
from commands.context import Context, get_context
from geodata.cluster import Cluster

GRACE_S = 2  # screens hold their stream of events open for ever; they come back by themselves


def run(options: argparse.Namespace) -> None:
    """Set up what is missing, serve, and stop the private cluster if this run started it."""
    context = get_context()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    private = None if context.settings.database_url else Cluster(context.settings.data_dir)
    started = private is not None and private.ensure_started()
    try:
        steps.run_steps(context)
        _serve(context)
    finally:
        if private is not None and started:
            private.stop()


def serve(options: argparse.Namespace) -> None:
    """Serve the screens until interrupted."""
    _serve(get_context())


def create_worker() -> ASGIApp:
    """Return the application in a server process of its own; uvicorn calls it by name."""
    from dashboard.server import create_server
    from etl.commands import SOURCES
    from etl.declaration import read_declarations
    from etl.intake import intake_router

    context = get_context()
    engine, city, settings = context.engine, context.city, context.settings
    declarations = read_declarations(SOURCES / city.code)
    intake = intake_router(engine, city, declarations, settings.intake_token)
    return create_server(engine, city, settings, [intake])


def _serve(context: Context) -> None:
    settings = context.settings
    print(f"{context.city.title_en}: http://{settings.host}:{settings.port}/", flush=True)
    uvicorn.run(
        "commands.screens:create_worker",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )


def _leave(number: int, frame: FrameType | None) -> None:
    """End by an exception, so that what was started is stopped."""
    raise SystemExit(128 + number)
