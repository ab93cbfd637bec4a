"""A layer over HTTP: cells and values as bytes, against the same as GeoJSON."""

import gzip
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from bench.timing import Measure, Table, time_best
from geodata.city.configuration import City
from geodata.space.grid import cell_boundaries, cells_to_texts
from layers.maps.encoding import decode_column
from layers.maps.routes import LayerContext, serve_layers
from layers.maps.urls import cells_address, values_address
from layers.period import Period
from layers.values.read import read_build

PERIOD = "2026-10"
_TRIES = 200


def bench_reading(engine: Engine, city: City, data_dir: Path, res: int) -> Table:
    """Read incident_count of a month in the whole municipality."""
    version = read_build(engine, city, "incident_count").version
    values = values_address("incident_count", "all", version, Period.parse(PERIOD), res)
    with _serve(LayerContext(engine, city, data_dir)) as base:
        cells, _ = _get(base + cells_address(city, res))  # computes and keeps the list
        content, tag = _get(base + values)
        rows = len(cells) // 8
        measures = [
            time_best("values, uncached", rows, lambda: _get(base + values)),
            time_best("values, the browser has them (304)", rows, lambda: _get(base + values, tag)),
            time_best("cell list", rows, lambda: _get(base + cells_address(city, res))),
        ]
    geojson = _as_geojson(cells, content)
    packed = [_packed(content), 0, _packed(cells)]
    encode = time_best("the same as GeoJSON, encoding alone",
                       rows, lambda: _as_geojson(cells, content), runs=1)  # fmt: skip
    noted = [_noted(each, size) for each, size in zip(measures, packed, strict=True)]
    title = f"incident_count by cell, resolution {res}, municipality: {rows:,} cells over HTTP"
    return Table(title, (*noted, _noted(encode, _packed(geojson))))


def _noted(measure: Measure, size: int) -> Measure:
    return Measure(measure.name, measure.rows, measure.seconds, f"{size / 1000:,.1f} kB gzipped")


def _packed(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=5))


def _as_geojson(cells: bytes, content: bytes) -> bytes:
    """Return the cells with value and status as polygons, seven decimals of a degree."""
    numbers = np.frombuffer(cells, dtype="<i8")
    values, status = decode_column(content)
    corners, position = cell_boundaries(numbers)
    rings = np.split(corners.round(7), np.flatnonzero(np.diff(position)) + 1)
    features = [
        {
            "type": "Feature",
            "id": cell,
            "properties": {"value": None if np.isnan(value) else float(value), "status": int(code)},
            "geometry": {"type": "Polygon", "coordinates": [[*ring.tolist(), ring[0].tolist()]]},
        }
        for cell, value, code, ring in zip(
            cells_to_texts(numbers), values, status, rings, strict=True
        )
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, separators=(",", ":")).encode()


def _get(url: str, tag: str = "") -> tuple[bytes, str]:
    headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": tag} if tag else {})
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            content = answer.read()
            if answer.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            return content, answer.headers["ETag"]
    except urllib.error.HTTPError as error:
        if error.code != 304:
            raise
        return b"", tag


@contextmanager
def _serve(here: LayerContext) -> Iterator[str]:
    """Serve the hex-layer endpoints on a free port of the loopback address."""
    app = FastAPI()
    serve_layers(app, here)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(_TRIES):
        if server.started:
            break
        thread.join(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
