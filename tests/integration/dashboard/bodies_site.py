"""The whole server with an intake whose token is known; no database is there to ask."""

from pathlib import Path
from tempfile import mkdtemp

from fastapi import FastAPI
from sqlalchemy import create_engine

from commands.sources import sources_folder
from dashboard.server import create_server
from etl.live.intake import intake_router
from etl.source.declaration import read_declarations
from geodata.city.configuration import load_city
from geodata.settings import Settings

TOKEN = "a-token-of-enough-letters"


def create() -> FastAPI:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    city = load_city("changchun")
    intake = intake_router(engine, city, read_declarations(sources_folder(city)), TOKEN)
    return create_server(engine, city, Settings(data_dir=Path(mkdtemp())), [intake])
