"""pygeoapi for comparison: its own environment, and its configuration for one published view."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from sqlalchemy import Engine

from bench.clients import running

PACKAGES = ("pygeoapi==0.21.0", "gunicorn", "psycopg2-binary", "geoalchemy2")
NAME = "pygeoapi 0.21"
PORT = 8762
_INSTALL_S = 240
_CONFIGURE_S = 60


def ensure_peer() -> Path:
    """Return the folder of pygeoapi's programs, installed in the user's cache if missing.

    Raises:
        OSError, subprocess.SubprocessError: it cannot be installed in time.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    home = cache / "city-operations-center" / "pygeoapi-0.21.0"
    programs = home / "bin"
    if not (home / "complete").exists():
        print(f"installing {NAME} into {home} ...", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(home)], _INSTALL_S)
        _run([str(programs / "pip"), "install", "--quiet", *PACKAGES], _INSTALL_S)
        (home / "complete").touch()
    return programs


@contextmanager
def serving_peer(engine: Engine, view: str, folder: Path) -> Iterator[str]:
    """Serve a view of the schema `published` by pygeoapi; yield the collection's address.

    Raises:
        OSError, subprocess.SubprocessError: it cannot be installed or started in time.
    """
    programs = ensure_peer()
    base = f"http://127.0.0.1:{PORT}"
    config, openapi = folder / "pygeoapi.yml", folder / "openapi.yml"
    config.write_text(yaml.safe_dump(_configuration(engine, view, base)), encoding="utf-8")
    environment = {
        **os.environ,
        "PGPASSWORD": str(engine.url.password or ""),  # read by the driver
        "PYGEOAPI_CONFIG": str(config),
        "PYGEOAPI_OPENAPI": str(openapi),
    }
    _run([str(programs / "pygeoapi"), "openapi", "generate", str(config),
          "--output-file", str(openapi)], _CONFIGURE_S, environment)  # fmt: skip
    command = [
        str(programs / "gunicorn"), "--bind", f"127.0.0.1:{PORT}", "--workers", "1",
        "--threads", "8", "pygeoapi.flask_app:APP",
    ]  # fmt: skip
    with running(command, base, environment, folder / "pygeoapi.log"):
        yield f"{base}/collections/{view}"


def _run(command: list[str], seconds: int, environment: dict[str, str] | None = None) -> None:
    subprocess.run(
        command, env=environment, check=True, timeout=seconds, capture_output=True, text=True
    )


def _configuration(engine: Engine, view: str, base: str) -> dict[str, object]:
    url = engine.url
    crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    named = {"title": "bench", "description": "bench", "keywords": ["bench"]}
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": url.query.get("host") or url.host,
            "port": url.port or 5432,
            "dbname": url.database,
            "user": url.username,
            "search_path": ["published", "public"],
        },
        "id_field": "id",
        "table": view,
        "geom_field": "geom",
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": PORT},
            "url": base,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": True,
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": 10_000},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {**named, "terms_of_service": "none", "url": base},
            "license": {"name": "none", "url": base},
            "provider": {"name": "bench", "url": base},
            "contact": {"name": "bench", "url": base},
        },
        "resources": {
            view: {
                "type": "collection",
                **named,
                "extents": {"spatial": {"bbox": [124, 43, 128, 46], "crs": crs}},
                "providers": [provider],
            }
        },
    }
