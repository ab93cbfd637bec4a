"""A server process of its own for `bench.serving`: the layers and the GIS service, no screens."""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from geodata.city import load_city
from geodata.engine import connect
from geodata.service.app import PREFIX, create_service
from geodata.settings import get_settings
from layers.service import Context, get_context, router


def main(url: str, data_dir: str, port: str) -> None:
    """Serve one database on one port."""
    engine, city = connect(make_url(url)), load_city(get_settings().city)
    app = FastAPI(openapi_url=None)
    here = Context(engine, city, Path(data_dir))
    app.dependency_overrides[get_context] = lambda: here
    app.include_router(router)
    app.mount(PREFIX, create_service(engine, city)[0])
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
