"""A layer under load: our values against tipg's vector tile and GeoJSON, and against pygeoapi.

The clients are `hey` (Debian), which shares the machine's cores with the servers; compare only
within a table. pygeoapi runs in an environment of its own, named by OCC_BENCH_PYGEOAPI; without it
its rows are left out.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from geodata.city import City
from layers.address import values_address
from layers.period import Period
from layers.reading import read_build

CLIENTS = (1, 16, 64)
SECONDS = 4
PORT, PEER_PORT = 8761, 8762
KEY, PERIOD = "incident_count", "2026-10"
TILE = "tiles/WebMercatorQuad/9/434/187"


@dataclass(frozen=True)
class Load:
    """What one number of clients got from one address."""

    name: str
    clients: int
    per_s: float
    p95_ms: float
    bytes_each: int
    failed: int


def format_loads(title: str, loads: list[Load]) -> str:
    """Return a table in Markdown."""
    head = ("what", "clients", "requests/s", "p95 ms", "bytes gzipped", "failed")
    lines = [f"## {title}", "", _line(head), _line(["---"] * len(head))]
    lines += [
        _line(
            (
                each.name,
                str(each.clients),
                f"{each.per_s:,.1f}",
                f"{each.p95_ms:,.1f}",
                f"{each.bytes_each:,}",
                str(each.failed),
            )
        )
        for each in loads
    ]
    return "\n".join(lines) + "\n"


def _line(fields: Iterator[str] | tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(fields) + " |"


def bench_serving(
    engine: Engine, city: City, data_dir: Path, seconds: int = SECONDS
) -> tuple[str, list[Load]]:
    """Ask one server for the same layer in each form, then pygeoapi; the layer is published."""
    version = read_build(engine, KEY).version
    values = values_address(KEY, "all", version, Period.parse(PERIOD), 8)
    collection = "/ogc/collections/incidents"
    ours = f"http://127.0.0.1:{PORT}"
    url = engine.url.render_as_string(hide_password=False)
    loads = []
    with _running([sys.executable, "-m", "bench.serve", url, str(data_dir), str(PORT)], ours):
        for name, path in (
            ("our values, all 46,292 hexagons", values),
            ("our values, Arrow", values.replace(".bin", ".arrow")),
            ("tipg, one vector tile", f"{collection}/{TILE}"),
            ("tipg, 1,000 hexagons as GeoJSON", f"{collection}/items?limit=1000"),
        ):
            loads += [_load(name, ours + path, clients, seconds) for clients in CLIENTS]
    loads += _peer(engine, seconds)
    return "A layer under load: requests/s, bytes and p95", loads


def _load(name: str, address: str, clients: int, seconds: int) -> Load:
    command = ["hey", "-z", f"{seconds}s", "-c", str(clients), "-t", "60"]
    header = ["-H", "Accept-Encoding: gzip"]
    told = subprocess.run(
        [*command, *header, address], capture_output=True, text=True, check=True
    ).stdout
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        size = len(answer.read())
    found = re.search(r"95% in ([\d.]+) secs", told)
    codes = {int(code): int(n) for code, n in re.findall(r"\[(\d{3})\]\s+(\d+) responses", told)}
    return Load(
        name,
        clients,
        float(re.findall(r"Requests/sec:\s+([\d.]+)", told)[0]),
        float(found[1]) * 1000 if found else float("nan"),
        size,
        sum(n for code, n in codes.items() if code != 200),
    )


def _peer(engine: Engine, seconds: int) -> list[Load]:
    home = os.environ.get("OCC_BENCH_PYGEOAPI")
    if not home:
        print("pygeoapi: left out, OCC_BENCH_PYGEOAPI names no environment with it", flush=True)
        return []
    base = f"http://127.0.0.1:{PEER_PORT}"
    with tempfile.TemporaryDirectory() as folder:
        config = _write_configuration(Path(folder), engine)
        environment = {
            **os.environ,
            "PYGEOAPI_CONFIG": str(config),
            "PYGEOAPI_OPENAPI": str(config.with_name("openapi.yml")),
        }
        tool = str(Path(home) / "bin")
        subprocess.run(
            [f"{tool}/pygeoapi", "openapi", "generate", str(config), "-of",
             environment["PYGEOAPI_OPENAPI"]],
            env=environment, check=True,
        )  # fmt: skip
        command = [
            f"{tool}/gunicorn", "-b", f"127.0.0.1:{PEER_PORT}", "-w", "1", "--threads", "8",
            "pygeoapi.flask_app:APP",
        ]  # fmt: skip
        with _running(command, base, environment):
            address = f"{base}/collections/incidents/items?f=json&limit=1000"
            name = "pygeoapi 0.21, 1,000 hexagons as GeoJSON"
            return [_load(name, address, clients, seconds) for clients in CLIENTS]


def _write_configuration(folder: Path, engine: Engine) -> Path:
    url = engine.url
    host = url.query.get("host") or url.host
    text = f"""
server:
  bind: {{host: 127.0.0.1, port: {PEER_PORT}}}
  url: http://127.0.0.1:{PEER_PORT}
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  gzip: true
  languages: [en-US]
  limits: {{default_items: 10, max_items: 10000}}
  map: {{url: "", attribution: ""}}
logging: {{level: ERROR}}
metadata:
  identification: {{title: t, description: d, keywords: [k], terms_of_service: x, url: http://localhost}}
  license: {{name: x}}
  provider: {{name: x}}
  contact: {{name: x}}
resources:
  incidents:
    type: collection
    title: incidents
    description: incidents
    keywords: [k]
    extents: {{spatial: {{bbox: [124, 43, 127.5, 45.5], crs: http://www.opengis.net/def/crs/OGC/1.3/CRS84}}}}
    providers:
      - type: feature
        name: PostgreSQL
        data:
          host: {host}
          port: {url.port or 5432}
          dbname: {url.database}
          user: {url.username}
          password: {url.password}
          search_path: [published, public]
        id_field: id
        table: incidents
        geom_field: geom
"""
    path = folder / "pygeoapi.yml"
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def _running(
    command: list[str], base: str, environment: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a server for a while; it is ready when it answers anything."""
    with subprocess.Popen(command, env=environment, start_new_session=True) as server:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(base + "/", timeout=5).close()
                    break
                except urllib.error.HTTPError:
                    break
                except OSError:
                    time.sleep(0.1)
            yield
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def has_load_tool() -> bool:
    """Tell whether `hey` is installed."""
    return shutil.which("hey") is not None
