"""docs/add-a-department.md as it stands: two declarations and a file become a layer of the map."""

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from commands.sources import load_files
from dashboard.pages.explore.catalogue import catalogue
from dashboard.pages.explore.state import ExploreState
from dashboard.server import create_server
from etl.source.declaration import read_declaration
from geodata.city.configuration import City, load_city
from geodata.settings import Settings
from geodata.space.districts import load_districts
from layers.build.run import build_states
from layers.catalogue.registry import find_indicator
from layers.maps.urls import cells_address, values_address
from layers.values.query import ValueQuery
from layers.values.read import latest_period, read_build, read_values
from tests.callers import as_administrator

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "add-a-department.md"
EXAMPLE = ROOT / "tests" / "data" / "example_department"
KEY = "pump_rooms_working"


@pytest.fixture(scope="module")
def written(open_folder: Path) -> Path:
    """The page's blocks as files, the indicator among those of a copy of the city."""
    text = PAGE.read_text(encoding="utf-8")
    (table,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    source, indicator = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    folder = open_folder / "department"
    shutil.copytree(load_city("changchun").folder, folder / "changchun")
    (folder / "changchun" / "indicators").mkdir(exist_ok=True)
    (folder / "pump_rooms.csv").write_text(table, encoding="utf-8")
    (folder / "water_pump_rooms.yaml").write_text(source, encoding="utf-8")
    (folder / "changchun" / "indicators" / f"{KEY}.yaml").write_text(indicator, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def city(written: Path) -> City:
    """The city with the page's indicator in its folder."""
    return load_city(str(written / "changchun"))


@pytest.fixture(scope="module")
def filled(engine: Engine, city: City, written: Path) -> Engine:
    with engine.begin() as connection:
        load_districts(connection, city)
    source = read_declaration(written / "water_pump_rooms.yaml")
    (loaded,) = load_files(engine, city, [source], root=written)
    assert (loaded.status, loaded.rows_loaded, loaded.rows_rejected) == ("loaded", 8, 0)
    (build,) = build_states(engine, city, [KEY])
    assert build.indicator == KEY
    return engine


def values(engine: Engine, city, by: str, res: int | None = None):
    query = ValueQuery(KEY, latest_period(engine, city, KEY), by=by, res=res)
    return read_values(engine, city, query)


def test_the_page_shows_the_files_that_lie_beside_the_tests(written: Path) -> None:
    for name in ("pump_rooms.csv", "water_pump_rooms.yaml"):
        assert (written / name).read_text() == (EXAMPLE / name).read_text()
    indicator = f"{KEY}.yaml"
    assert (written / "changchun" / "indicators" / indicator).read_text() == (
        EXAMPLE / indicator
    ).read_text()


def test_it_is_read_by_city_district_and_cell(filled: Engine, city) -> None:
    whole = values(filled, city, "city")
    assert (whole["num"].item(), whole["den"].item(), whole["value"].item()) == (6, 8, 75.0)
    districts = values(filled, city, "district")
    assert districts["den"].sum() == 8
    cells = values(filled, city, "cell", 8)
    assert cells["num"].sum() == 6
    assert len(cells) > 5


def test_its_layer_is_served(filled: Engine, city, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=None)
    build, period = read_build(filled, city, KEY), latest_period(filled, city, KEY)
    with as_administrator(create_server(filled, city, settings), filled) as client:
        address = values_address(KEY, "total", build.version, period, 8)
        found = [client.get(path) for path in (cells_address(city, 8), address)]
    assert [each.status_code for each in found] == [200, 200]
    assert len(found[1].content) > 0


def test_explore_lists_it_under_its_domain(city: City) -> None:
    entry = find_indicator(city, KEY)
    view = SimpleNamespace(state=ExploreState(), indicator=entry, component="total")
    sections = {each.className: str(each) for each in catalogue(city, view)}
    assert entry.label_zh in sections["domain-utilities"]
    assert "domain-transit" in sections
    assert "domain-credit" not in sections  # a domain without indicators is not shown
