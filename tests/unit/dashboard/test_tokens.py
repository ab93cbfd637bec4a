"""Every text on every ground of the tokens file reads at 4.5:1 or better (WCAG 2.2 AA)."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[3] / "assets" / "tokens.css").read_text("utf-8")
TEXTS = [
    "text", "secondary", "transit", "emergency", "broadband", "health", "context",
    "good", "watch", "bad",
]  # fmt: skip
GROUNDS = ["ground", "panel", "raised"]
LEAST = 4.5


def tokens_of(theme: str) -> dict[str, str]:
    """The colours a theme declares."""
    block = re.search(rf'\[data-theme="{theme}"\]\s*\{{(.+?)\n\}}', TOKENS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", block.group(1)))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_gives_the_known_ratios() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_reads_on_its_ground(theme: str, text: str, ground: str) -> None:
    tokens = tokens_of(theme)
    assert contrast(tokens[text], tokens[ground]) >= LEAST


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("standing", ["good", "watch", "bad"])
def test_values_and_marks_read_on_the_ground_of_their_standing(theme: str, standing: str) -> None:
    tokens = tokens_of(theme)
    for text in ("text", standing):
        assert contrast(tokens[text], tokens[f"{standing}-ground"]) >= LEAST


def test_the_dark_tokens_are_those_of_the_design() -> None:
    tokens = tokens_of("dark")
    expected = {
        "ground": "#0b1116", "panel": "#111a21", "line": "#1d2a33", "text": "#e8eef3",
        "secondary": "#8ca0ae", "transit": "#5cc8f2", "emergency": "#ff8f6b",
        "broadband": "#b9a3f5", "health": "#6fd6a3", "good": "#6fd6a3", "watch": "#ffd166",
        "bad": "#ff8f6b",
    }  # fmt: skip
    assert {name: tokens[name] for name in expected} == expected


def test_both_themes_declare_the_same_tokens() -> None:
    assert tokens_of("dark").keys() == tokens_of("light").keys()


LEAST_OF_SHAPES = 3.0  # WCAG 2.2, 1.4.11: what is no text


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_8_zero_stands_out_from_the_ground_of_the_map(theme: str) -> None:
    tokens = tokens_of(theme)
    for ground in ("hexmap-ground", "panel", "ground"):
        assert contrast(tokens["hexmap-zero"], tokens[ground]) >= LEAST_OF_SHAPES


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_map_and_legend_take_the_same_zero(theme: str) -> None:
    script = (Path(__file__).parents[3] / "dashboard/hexmap/src/themes.js").read_text("utf-8")
    block = re.search(rf"const {theme.upper()} = \{{(.+?)\}};", script, re.DOTALL)
    assert block is not None
    for name, token in (("zero", "hexmap-zero"), ("ground", "hexmap-ground")):
        assert f"{name}: '{tokens_of(theme)[token]}'" in block[1]
