"""The screens' configuration speaks of things that exist."""

import shutil
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from dashboard.live.points import OVERLAYS, find_overlays
from dashboard.scenes.model import (
    UNDER_WAY,
    Headline,
    Scene,
    WallConfiguration,
    load_kiosk,
    load_wall,
    overlay_names,
)
from dashboard.wording.i18n import translate
from geodata.city.configuration import load_city
from geodata.errors import DeclarationError
from layers.catalogue.registry import find_indicator, resolve_component
from layers.score.rules import load_scored

CHANGCHUN = load_city("changchun")


def all_headlines() -> list[tuple[str, Headline]]:
    wall, kiosk = load_wall(CHANGCHUN), load_kiosk(CHANGCHUN)
    named = [(domain, row) for domain, rows in wall.cards.items() for row in rows]
    scored = [
        (domain, Headline(indicator=entry.indicator, component=entry.component))
        for domain, entries in load_scored(CHANGCHUN).items()
        for entry in entries
    ]
    return [*named, *scored, *kiosk.subjects.items()]


@pytest.mark.parametrize(("domain", "headline"), all_headlines())
def test_a_headline_is_an_indicator_of_its_domain(domain: str, headline: Headline) -> None:
    indicator = find_indicator(CHANGCHUN, headline.indicator)
    assert indicator.domain == domain
    assert resolve_component(indicator, headline.component)


@pytest.mark.parametrize("scene", load_wall(CHANGCHUN).scenes)
def test_a_scene_can_be_drawn(scene: Scene) -> None:
    assert set(scene.overlays) <= set(find_overlays(CHANGCHUN))
    if scene.layer:
        indicator = find_indicator(CHANGCHUN, scene.layer.indicator)
        assert "cell" in indicator.geometry
        assert scene.res <= indicator.max_res


def test_a_scene_without_anything_to_show_is_refused() -> None:
    with pytest.raises(ValidationError, match="neither a layer nor an overlay"):
        Scene(key="empty")
    with pytest.raises(ValidationError, match="title in both languages"):
        Scene(key="buses", overlays=("vehicles",), title_zh="公交")


def test_two_scenes_of_one_key_are_refused() -> None:
    scene = {"key": "trips", "layer": {"indicator": "departures_per_hour"}}
    with pytest.raises(ValidationError, match="share a key"):
        WallConfiguration.model_validate({"cards": {}, "scenes": [scene, scene]})


def test_every_overlay_that_a_scene_may_name_can_be_drawn() -> None:
    assert set(find_overlays(CHANGCHUN)) == set(overlay_names(CHANGCHUN))


def test_every_class_of_points_has_its_word() -> None:
    for overlay in find_overlays(CHANGCHUN).values():
        for each in overlay.classes(CHANGCHUN):
            assert each.label_zh
            assert each.label_en
        assert overlay.word is None or translate(overlay.word, "zh")


def test_the_four_domains_come_first_with_three_lines_a_score_and_a_subject() -> None:
    wall, kiosk = load_wall(CHANGCHUN), load_kiosk(CHANGCHUN)
    domains = ("transit", "emergency", "broadband", "health")
    for shown in (wall.cards, load_scored(CHANGCHUN), kiosk.subjects):
        assert tuple(shown)[:4] == domains
    assert {len(wall.cards[domain]) for domain in domains} == {3}


@pytest.mark.parametrize("headline", load_kiosk(CHANGCHUN).subjects.values())
def test_districts_can_be_compared(headline: Headline) -> None:
    assert "district" in find_indicator(CHANGCHUN, headline.indicator).geometry


def test_sentences_name_the_place_and_the_value() -> None:
    for subject in load_kiosk(CHANGCHUN).subjects.values():
        for sentence in (subject.sentence_zh, subject.sentence_en):
            assert sentence.count("{district}") == 1
            assert sentence.count("{value}") == 1


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Headline(indicator="x", colour="red")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of Changchun's folder, to be changed."""
    folder = tmp_path / "changchun"
    shutil.copytree(CHANGCHUN.folder, folder)
    return folder


def test_what_the_public_may_not_see_cannot_be_on_the_kiosk(copied: Path) -> None:
    path = copied / "scenes" / "kiosk.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    content["subjects"]["emergency"] |= {"indicator": "open_age_p90", "component": "default"}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(DeclarationError, match=r"kiosk\.yaml: subjects\.emergency: .*hidden"):
        load_kiosk(load_city(str(copied)))


@pytest.mark.parametrize(
    ("layer", "res", "fault"),
    [
        ({"indicator": "beds_per_1000"}, 7, "not by cell"),
        ({"indicator": "down_mean_mbps"}, 9, "up to resolution 8"),
    ],
)
def test_a_scene_shows_what_there_is_by_cell(copied: Path, layer, res: int, fault: str) -> None:
    path = copied / "scenes" / "wall.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    content["scenes"].append({"key": "planted", "layer": layer, "res": res})
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(DeclarationError, match=rf"wall\.yaml: scenes\.planted: .*{fault}"):
        load_wall(load_city(str(copied)))


def test_the_overlays_of_every_city_are_those_that_are_drawn() -> None:
    assert set(UNDER_WAY) == set(OVERLAYS)
