"""A server process of its own for `bench.serving`: the layers and the GIS service, no screens.

Database, folder and port come by the settings' environment variables.
"""

import uvicorn
from fastapi import FastAPI

from dashboard.read.cache import build_cache
from geodata.city.configuration import load_city
from geodata.database.engines import get_engines
from geodata.service.app import PREFIX, create_service
from geodata.settings import get_settings
from layers.maps.routes import LayerContext, serve_layers


def main() -> None:
    """Serve one database on one port."""
    settings = get_settings()
    engines, city = get_engines(settings), load_city(settings.city, settings.city_dir)
    app = FastAPI(openapi_url=None)
    kept = build_cache(settings, city)
    here = LayerContext(engines.writer, city, settings.data_dir, kept.get_bytes)
    serve_layers(app, here)
    app.mount(PREFIX, create_service(engines.public, city)[0])
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")


if __name__ == "__main__":
    main()
