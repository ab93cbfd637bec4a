"""A palette named in a declaration is the palette seen."""

import re
from pathlib import Path

import pytest
import yaml

from dashboard.maps.palettes import class_colours
from geodata.city.configuration import load_city
from geodata.errors import DeclarationError
from geodata.settings import ROOT
from layers.catalogue.indicator import Indicator
from layers.catalogue.palettes import FILE, load_palettes, read_palettes
from layers.catalogue.registry import CATALOGUE, load_catalogue, read_entries
from layers.maps.classes import colour_classes
from layers.maps.palette import palette_of, sample_palette

CHANGCHUN = load_city("changchun")
ENTRIES = [*CATALOGUE.glob("*.yaml"), *(CHANGCHUN.folder / "indicators").glob("*.yaml")]
HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
INK_OF_CODES = Path("dashboard/components/qr.py")  # a camera needs dark on light on every theme


def declared(**changed: object) -> Indicator:
    """An indicator of the catalogue with some keys changed."""
    text = (CATALOGUE / "incident_count.yaml").read_text("utf-8")
    return Indicator.model_validate(yaml.safe_load(text) | changed)


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
@pytest.mark.parametrize("target", [None, 50.0])
def test_every_indicator_is_drawn_in_the_colours_it_names(path: Path, target: float | None) -> None:
    entry = load_catalogue(CHANGCHUN)[path.stem]
    named = yaml.safe_load(path.read_text("utf-8")).get("palette", "viridis")
    stops = load_palettes()[named].stops
    count = entry.classes
    shown = class_colours(colour_classes(entry, [1.0 * n for n in range(1, count)], target), entry)
    assert len(shown) == count
    assert {shown[0], shown[-1]} == {stops[0], stops[-1]}


@pytest.mark.parametrize("name", load_palettes())
@pytest.mark.parametrize("classes", range(2, 8))
def test_a_palette_keeps_its_ends_at_any_number_of_classes(name: str, classes: int) -> None:
    palette = load_palettes()[name]
    some = sample_palette(palette, classes)
    assert (some[0], some[-1]) == (palette.stops[0], palette.stops[-1])
    assert len(set(some)) == classes


@pytest.mark.parametrize("classes", [0, 8])
def test_more_classes_than_an_eye_tells_apart_are_refused(classes: int) -> None:
    with pytest.raises(ValueError, match="classes"):
        sample_palette(load_palettes()["viridis"], classes)


def test_the_good_side_has_the_same_colour_whichever_way_is_good() -> None:
    up = palette_of(declared(palette="puor", direction="up"), 6)
    assert up == palette_of(declared(palette="puor", direction="down"), 6)[::-1]


def test_light_themes_turn_a_sequential_palette_and_no_diverging_one() -> None:
    for name, is_turned in (("cividis", True), ("puor", False)):
        entry = declared(palette=name, direction="up")
        classes = colour_classes(entry, [1.0, 2.0])
        dark, light = (class_colours(classes, entry, theme) for theme in ("dark", "light"))
        assert light == (dark[::-1] if is_turned else dark)


@pytest.mark.parametrize("name", ["PuOr", "no_such_palette", ""])
def test_an_unknown_palette_is_refused_by_file_and_key(tmp_path: Path, name: str) -> None:
    text = (CATALOGUE / "incident_count.yaml").read_text("utf-8")
    content = yaml.safe_load(text) | {"palette": name}
    (tmp_path / "incident_count.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    with pytest.raises(DeclarationError, match=r"incident_count\.yaml: palette: .*is none of"):
        read_entries(tmp_path)


def test_classes_around_a_target_need_a_diverging_palette() -> None:
    with pytest.raises(ValueError, match="diverging palette"):
        declared(classification="diverging", palette="viridis")


def test_a_new_palette_is_one_entry(tmp_path: Path) -> None:
    stops = [f"#0000{step:02x}" for step in range(7)]
    path = tmp_path / "palettes.yaml"
    entry = yaml.safe_dump({"blues": {"kind": "sequential", "stops": stops}})
    path.write_text(FILE.read_text("utf-8") + entry)
    assert sample_palette(read_palettes(path)["blues"], 7) == stops
    path.write_text(yaml.safe_dump({"short": {"kind": "sequential", "stops": stops[:3]}}))
    with pytest.raises(DeclarationError, match=r"palettes\.yaml: short\.stops"):
        read_palettes(path)


def test_no_colour_is_written_into_the_program() -> None:
    """Classes have palettes.yaml, everything else the tokens of assets/tokens.css."""
    files = [path for room in ("dashboard", "layers") for path in (ROOT / room).rglob("*.py")]
    found = [path for path in files if HEX_COLOUR.search(path.read_text("utf-8"))]
    assert [path.relative_to(ROOT) for path in found] == [INK_OF_CODES]
