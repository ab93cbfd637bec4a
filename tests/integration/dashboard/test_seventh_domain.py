"""A domain of a city's own by declarations alone: on the wall, on the kiosk, in the scores."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from plotly.utils import PlotlyJSONEncoder
from sqlalchemy import Engine
from starlette.testclient import TestClient

from commands.published import publish_layers
from commands.sources import load_files
from dashboard.factory import build_page
from dashboard.page import discover
from dashboard.pages.wall.panels import BUILDERS, GROUPS, draw, groups_of
from dashboard.read.cache import build_cache
from dashboard.read.context import ScreenContext
from dashboard.scenes.model import load_kiosk, load_wall
from dashboard.server import create_server
from etl.source.declaration import read_declaration
from geodata.city.configuration import City, load_city
from geodata.errors import DeclarationError
from geodata.settings import Settings
from geodata.space.districts import load_districts
from layers.build.run import build_states
from layers.score.rules import load_scored
from layers.score.score import CITY, read_scores

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "example_department"
INDICATOR = "pump_rooms_working"
DOMAIN = {"key": "water", "label_zh": "供水", "label_en": "Water", "colour": "#3fa7d6"}
KIND = {"key": "pump_room", "label_zh": "泵房", "label_en": "Pump rooms", "colour": "#3fa7d6"}
TARGET = {
    "indicator": INDICATOR, "op": ">=", "value": 90, "source": "the water works", "status": "C",
    "valid_from": "2020-01-01",
}  # fmt: skip
SUBJECT = {
    "indicator": INDICATOR, "title_zh": "水从哪里来", "title_en": "Where water comes from",
    "sentence_zh": "在{district}，每 100 座泵房中有 {value} 座在运行。",
    "sentence_en": "In {district}, {value} of 100 pump rooms are working.",
}  # fmt: skip
SCENE = {
    "key": "pumps", "title_zh": "泵房", "title_en": "Pump rooms", "overlays": ["pump_room"],
}  # fmt: skip


def change(path: Path, edit) -> None:
    """Read a declared file, let it be edited, and write it back."""
    content = yaml.safe_load(path.read_text("utf-8"))
    edit(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")


@pytest.fixture(scope="module")
def folder(open_folder: Path) -> Path:
    """A copy of Changchun with the domain in it: seven declarations, no code."""
    folder = open_folder / "changchun"
    shutil.copytree(load_city("changchun").folder, folder)
    entry = (EXAMPLE / f"{INDICATOR}.yaml").read_text("utf-8")
    (folder / "indicators").mkdir(exist_ok=True)
    (folder / "indicators" / f"{INDICATOR}.yaml").write_text(
        entry.replace("domain: utilities", "domain: water"), "utf-8"
    )
    change(folder / "domains.yaml", lambda rows: rows.append(DOMAIN))
    change(folder / "facility_kinds.yaml", lambda rows: rows.append(KIND))
    change(folder / "targets.yaml", lambda said: said["targets"].append(TARGET))
    scored = [{"indicator": INDICATOR, "period": "latest"}]
    change(folder / "scores.yaml", lambda said: said["domains"].update(water=scored))
    wall = folder / "scenes" / "wall.yaml"
    change(wall, lambda said: said["cards"].update(water=[{"indicator": INDICATOR}]))
    change(wall, lambda said: said["scenes"].append(SCENE))
    kiosk = folder / "scenes" / "kiosk.yaml"
    change(kiosk, lambda said: said["subjects"].update(water=SUBJECT))
    return folder


@pytest.fixture(scope="module")
def city(folder: Path) -> City:
    return load_city(str(folder))


@pytest.fixture(scope="module")
def context(engine: Engine, city: City, tmp_path_factory: pytest.TempPathFactory) -> ScreenContext:
    """The city's screens after its pump rooms were loaded as a kind of its own."""
    with engine.begin() as connection:
        load_districts(connection, city)
    source = read_declaration(EXAMPLE / "water_pump_rooms.yaml")
    kind = source.mapping["kind"].model_copy(update={"const": "pump_room"})
    source = source.model_copy(update={"mapping": {**source.mapping, "kind": kind}})
    (loaded,) = load_files(engine, city, [source], root=EXAMPLE)
    assert (loaded.status, loaded.rows_loaded) == ("loaded", 8)
    build_states(engine, city, [INDICATOR])
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), database_url=None)
    publish_layers(engine, city, settings.data_dir, [INDICATOR])
    return ScreenContext(engine, city, settings, build_cache(settings, city))


def page(context: ScreenContext, path: str, search: str = "") -> str:
    return json.dumps(
        build_page(context, discover(), path, search), cls=PlotlyJSONEncoder, ensure_ascii=False
    )


def test_it_is_scored(context: ScreenContext) -> None:
    scored = read_scores(context.engine, context.city)[CITY].domains["water"]
    assert scored.score == pytest.approx(75 / 90)
    assert "water" in load_scored(context.city)


def test_it_is_a_line_of_the_wall_a_column_of_its_table_and_an_overlay(
    context: ScreenContext,
) -> None:
    assert list(load_wall(context.city).cards)[-1] == "water"
    shown = page(context, "/wall")
    assert "wall-card-water" in shown
    assert "card-line domain-water" in shown
    assert '"--domain": "#3fa7d6"' in shown
    assert "供水" in shown
    assert "泵房运行率" in shown
    assert "/live/points/pump_room.json" in shown
    for key in ("transit", "emergency", "broadband", "health"):
        assert f"card domain-{key}" in shown


@pytest.mark.parametrize("group", GROUPS)
def test_every_panel_of_a_group_is_drawn(context: ScreenContext, group: str) -> None:
    drawn = draw(BUILDERS[group](context))
    assert set(drawn.contents) == set(groups_of(context.city)[group])


def test_it_is_a_subject_of_the_kiosk(context: ScreenContext) -> None:
    shown = page(context, "/kiosk", "?lang=en&subject=water")
    assert "Where water comes from" in shown
    assert "of 100 pump rooms are working" in shown
    assert "subject domain-water chosen" in shown


def test_its_points_are_served(context: ScreenContext) -> None:
    with TestClient(create_server(context.engine, context.city, context.settings)) as client:
        points = client.get("/live/points/pump_room.json").json()["points"]
    assert len(points) > 0
    assert {each[2] for each in points} == {"facility.pump_room"}


@pytest.mark.parametrize(
    ("file", "edit", "message"),
    [
        ("wall", lambda said: said["cards"].update(air=[]), "cards: the city has no domain air"),
        (
            "wall",
            lambda said: said["scenes"].append({**SCENE, "key": "x", "overlays": ["well"]}),
            r"scenes\.x: no overlay is called well",
        ),
        (
            "wall",
            lambda said: said["cards"].update(water=[{"indicator": "nothing"}]),
            r"cards\.water: no indicator is called 'nothing'",
        ),
        (
            "kiosk",
            lambda said: said["subjects"].update(air=SUBJECT),
            "subjects: the city has no domain air",
        ),
    ],
)
def test_what_the_city_does_not_have_is_refused(
    folder: Path, tmp_path: Path, file: str, edit, message: str
) -> None:
    copy = tmp_path / "changchun"
    shutil.copytree(folder, copy)
    change(copy / "scenes" / f"{file}.yaml", edit)
    load = load_wall if file == "wall" else load_kiosk
    with pytest.raises(DeclarationError, match=message):
        load(load_city(str(copy)))
