"""The whole program on a few simulated days of Changchun: files, loads, states, server."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from sqlalchemy import Engine

from commands.published import publish_layers
from commands.simulated_files import write_simulated_files
from commands.sources import load_files, select_declarations
from dashboard.scenes.model import load_kiosk, load_wall
from dashboard.server import create_server
from geodata.city.configuration import City
from geodata.database.engines import Engines, get_engines
from geodata.database.migrate import upgrade
from geodata.identity.readable_districts import readable_districts
from geodata.settings import Settings
from geodata.space.districts import load_districts
from layers.build.run import build_states
from layers.catalogue.registry import find_indicator
from layers.score.rules import load_scored
from tests.callers import let_in

DAYS = 7
SOURCES = [
    "residents_h3",
    "gtfs_rail",
    "incidents_110_122",
    "incidents_119",
    "incidents_120",
    "incidents_12350",
    "speed_tests",
    "wifi_access_points",
    "hotspot_venues",
    "base_stations",
    "hospitals",
    "lab_recognition",
]
START_SECONDS = 60


@dataclass(frozen=True)
class CitySite:
    """A running server and what it answers from."""

    url: str
    engine: Engine
    city: City


def shown_indicators(city: City) -> list[str]:
    """Every indicator that the wall or the kiosk shows, denominators first."""
    wall, kiosk = load_wall(city), load_kiosk(city)
    headlines = [row for rows in wall.cards.values() for row in rows]
    headlines += [scene.layer for scene in wall.scenes if scene.layer]
    headlines += kiosk.subjects.values()
    scored = [entry for entries in load_scored(city).values() for entry in entries]
    keys = [entry.indicator for entry in [*headlines, *scored]]
    denominators = [str(find_indicator(city, key).denominator or "residents") for key in keys]
    known = dict.fromkeys(["residents", *denominators, *keys])
    return [key for key in known if key != "area_km2"]


def fill_database(engine: Engine, city: City, settings: Settings) -> None:
    """Simulate, load, build and publish, as the command line does."""
    write_simulated_files(settings, city)
    with engine.begin() as connection:
        load_districts(connection, city)
    root = settings.data_dir / "incoming" / city.code
    declarations = select_declarations(city, SOURCES)
    results = list(load_files(engine, city, declarations, root=root))
    assert {result.status for result in results} == {"loaded"}
    build_states(engine, city, shown_indicators(city))
    of_kiosk = [each.indicator for each in load_kiosk(city).subjects.values()]
    publish_layers(engine, city, settings.data_dir, of_kiosk)


def take_roles(engine: Engine, settings: Settings) -> Engines:
    """Hand a superuser's database over to its roles, as a start with DATABASE_URL does."""
    address = engine.url.render_as_string(hide_password=False)
    given = settings.model_copy(update={"database_url": address})
    engines = get_engines.__wrapped__(given, readable_districts)
    upgrade(engines.owner)
    assert engines.complaint == ""
    return engines


@contextmanager
def served(engine: Engine, city: City, data_dir: Path, port: int = 0) -> Iterator[CitySite]:
    """Serve the program on a loopback port, a free one where none is named."""
    settings = Settings(data_dir=data_dir, simulate_days=DAYS, demo="off")
    let_in(engine)
    engines = take_roles(engine, settings)
    options = uvicorn.Config(
        create_server(engines.for_answers(), city, settings),
        host="127.0.0.1",
        port=port,
        log_level="error",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(options)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    give_up_at = time.monotonic() + START_SECONDS
    while not server.started and thread.is_alive() and time.monotonic() < give_up_at:
        thread.join(0.05)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield CitySite(f"http://127.0.0.1:{port}", engine, city)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        engines.dispose()
