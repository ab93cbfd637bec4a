"""The GIS service alone, served over the database that the environment names."""

import os

from fastapi import FastAPI

from geodata.city.configuration import load_city
from geodata.database.engine import connect, parse_url
from geodata.service.app import PREFIX, create_service
from geodata.service.mount import mount_service


def create() -> FastAPI:
    engine = connect(parse_url(os.environ["OCC_TEST_URL"]))
    app = FastAPI()
    mount_service(app, create_service(engine, load_city("changchun"))[0], PREFIX)
    return app
