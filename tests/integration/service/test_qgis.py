"""The QGIS project of docs/qgis, through the composed server: by QGIS, and by what QGIS asks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import httpx2 as httpx
import pytest
from sqlalchemy import text

from dashboard.server import create_server
from geodata.settings import ROOT, Settings
from tests.integration.service.listening import listening

PROJECT = ROOT / "docs/qgis/operations-center.qgs"
MAKER = ROOT / "docs/qgis/make_project.py"
WRITTEN = "http://127.0.0.1:8050"
COPY = "published.hex_stop_coverage_pop_500"
LAYERS = re.findall(
    r"<datasource>url='([^']+)' typename='(\w+)'.*pageSize='(\d+)'", PROJECT.read_text("utf-8")
)


@pytest.fixture(scope="module")
def composed(published, city, data_dir):
    """Where the whole program answers; a layer of the project that takes a timetable is a copy."""
    with published.begin() as connection:
        connection.execute(text(f"CREATE VIEW {COPY} AS SELECT * FROM published.hex_residents"))
    with listening(create_server(published, city, Settings(data_dir=data_dir))) as address:
        yield address
    with published.begin() as connection:
        connection.execute(text(f"DROP VIEW {COPY}"))


def _link(document: dict, rel: str, base: str) -> str:
    return urljoin(base, next(each["href"] for each in document["links"] if each["rel"] == rel))


@pytest.mark.parametrize(("url", "name", "size"), LAYERS)
def test_what_qgis_asks_of_a_layer_of_the_project_is_answered(composed, url, name, size):
    """QGIS 3.22: landing page as it is written, its links, then pages until one is the last."""
    url = url.replace(WRITTEN, composed)
    landing = httpx.get(url)
    assert landing.status_code == 200, landing.headers
    described = httpx.get(_link(landing.json(), "service-desc", url))
    limits = described.json()["components"]["parameters"]["limit"]["schema"]
    assert limits["maximum"] >= int(size)
    httpx.get(_link(landing.json(), "conformance", url)).raise_for_status()
    data = _link(landing.json(), "data", url)
    described = httpx.get(f"{data}/{name}").json()
    page = _link(described, "items", url) + f"?limit={size}"
    found, matched = set(), 0
    for _ in range(3):
        answer = httpx.get(page).raise_for_status().json()
        found |= {each["id"] for each in answer["features"]}
        matched = answer["numberMatched"]
        page = next((each["href"] for each in answer["links"] if each["rel"] == "next"), "")
        if not page:
            break
    assert len(found) == min(matched, 3 * int(size))
    assert bool(page) == (matched > 3 * int(size))


def test_the_project_names_layers():
    assert len(LAYERS) == 5


def _has_qgis() -> bool:
    python = shutil.which("python3", path="/usr/bin")
    if python is None:
        return False
    return subprocess.run([python, "-c", "import qgis.core"], capture_output=True).returncode == 0


@pytest.mark.skipif(not _has_qgis(), reason="QGIS is not installed: apt install python3-qgis")
def test_qgis_itself_opens_the_project(composed, tmp_path):
    """Written and opened by QGIS without a screen, in a copy: each layer is valid and has rows."""
    maker = Path(shutil.copy(MAKER, tmp_path))
    done = subprocess.run(
        ["/usr/bin/python3", str(maker), f"{composed}/ogc"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)},
    )
    sys.stdout.write(done.stdout)
    told = [line for line in done.stdout.splitlines() if line.startswith("(")]
    assert len(told) == len(LAYERS), done.stderr[-2000:]
    assert all(", True, " in line for line in told)
    assert sum(not line.endswith(", 0, None)") for line in told) >= 4
