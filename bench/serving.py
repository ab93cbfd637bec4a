"""A layer under load: our values against tipg's vector tile and GeoJSON, and against pygeoapi.

The clients are `hey` (Debian), which shares the machine's cores with the servers: compare only
within a table. Every wait ends; a peer that cannot be had is named with the reason.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sqlalchemy import Engine

from bench.clients import SECONDS, AddressUnderLoad, LoadTable, ask, has_load_tool, running
from bench.peer import NAME as PEER
from bench.peer import serving_peer
from geodata.city.configuration import City
from layers.build.run import build_states
from layers.disclosure.publish import publish_layers
from layers.maps.cell_lists import CITY_AREA, read_cells
from layers.maps.urls import values_address
from layers.period import Period
from layers.values.read import read_build

PORT = 8761
KEY, PERIOD, RES = "incident_count", "2026-10", 8
VIEW = "incidents"
TILE = "tiles/WebMercatorQuad/9/434/187"
FEATURES = 1000


def bench_serving(engine: Engine, city: City) -> LoadTable:
    """Publish the incidents in the database, then ask for them in each form."""
    title = f"6. Serve: hexagons of {KEY}, {SECONDS} s a cell of the table"
    if not has_load_tool():
        return LoadTable(title, (AddressUnderLoad("all", "", why_not="hey is not installed"),))
    folder = Path(tempfile.mkdtemp(prefix="occ-bench-"))
    try:
        build_states(engine, city, [KEY])
        publish_layers(engine, city, folder, [KEY])
        return LoadTable(title, (*_ask_us(engine, city, folder), _ask_peer(engine, folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ask_us(engine: Engine, city: City, folder: Path) -> list[AddressUnderLoad]:
    version = read_build(engine, city, KEY).version
    values = values_address(KEY, "all", version, Period.parse(PERIOD), RES)
    base = f"http://127.0.0.1:{PORT}"
    collection = f"{base}/ogc/collections/{VIEW}"
    count = f"{len(read_cells(folder, city, CITY_AREA, RES)):,}"
    environment = {
        **os.environ,
        "DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "OCC_DATA_DIR": str(folder),
        "OCC_PORT": str(PORT),
    }
    asked = (
        ("our values", count, base + values),
        ("our values, Arrow", count, base + values.replace(".bin", ".arrow")),
        ("tipg, a vector tile", "those in it", f"{collection}/{TILE}"),
        ("tipg, GeoJSON", f"{FEATURES:,}", f"{collection}/items?limit={FEATURES}"),
    )
    command = [sys.executable, "-m", "bench.serve"]
    try:
        with running(command, base, environment, folder / "serve.log"):
            return [ask(*each) for each in asked]
    except OSError as error:
        return [AddressUnderLoad("our server", "", why_not=str(error))]


def _ask_peer(engine: Engine, folder: Path) -> AddressUnderLoad:
    name = f"{PEER}, GeoJSON"
    try:
        with serving_peer(engine, VIEW, folder) as collection:
            return ask(name, f"{FEATURES:,}", f"{collection}/items?f=json&limit={FEATURES}")
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return AddressUnderLoad(name, "", why_not=str(said).strip().rpartition("\n")[2][:160])
