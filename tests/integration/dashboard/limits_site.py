"""The whole server over a real database, with short times and small shares; run as a program."""

import os
from pathlib import Path
from tempfile import mkdtemp

from fastapi import APIRouter, FastAPI, Response
from sqlalchemy import text

from commands.sources import sources_folder
from dashboard.limits.incoming import Patience
from dashboard.limits.protocol import TimedProtocol
from dashboard.limits.serving import serve
from dashboard.server import create_server
from etl.live.intake import intake_router
from etl.source.declaration import read_declarations
from geodata.city.configuration import load_city
from geodata.database.engine import connect, open_for_answers, parse_url
from geodata.settings import Settings
from tests.callers import DEMO

TOKEN = "a-token-of-enough-letters"
REQUESTS, STREAMS, CONNECTIONS = 3, 2, 60
LARGE = 40_000_000


def settings() -> Settings:
    return Settings(
        data_dir=Path(mkdtemp()),
        port=int(os.environ["OCC_PORT"]),
        workers=int(os.environ.get("OCC_WORKERS", "1")),
        allowed_hosts="x",
        client_requests=REQUESTS,
        client_streams=STREAMS,
    )


def create() -> FastAPI:
    """Return the server, with addresses whose work takes long or is large.

    They lie below what is published: the gate hands no other on.
    """
    engine = open_for_answers(connect(parse_url(os.environ["OCC_TEST_URL"])))
    city = load_city("changchun")
    trial = APIRouter(prefix="/ogc/trial")

    @trial.get("/sleep")
    def sleep(s: float, mark: str = "") -> dict[str, str]:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_sleep(:s), :mark"), {"s": s, "mark": mark})
        return {"mark": mark}

    @trial.get("/large")
    def large() -> Response:
        return Response(b"x" * LARGE)

    intake = intake_router(engine, city, read_declarations(sources_folder(city)), TOKEN)
    server = create_server(engine, city, settings(), [trial, intake], DEMO)
    server.state.limits.patience = Patience(pause_s=1.0, body_s=2.0)
    return server


if __name__ == "__main__":
    TimedProtocol.HEADERS_S = 1.5
    TimedProtocol.REST_S = 1.0
    TimedProtocol.READER_S = 2.0
    TimedProtocol.MOST_A_CLIENT = CONNECTIONS
    serve("tests.integration.dashboard.limits_site:create", settings())
