"""What the README and the requirement files promise is what the program has."""

import re
from importlib.metadata import distributions

import pytest
from packaging.specifiers import SpecifierSet

from app import build_parser
from commands.readme import with_settings
from geodata.settings import ROOT

OLDEST_PYTHON = "3.11.0"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_settings_table_is_the_settings() -> None:
    assert with_settings(README) == README, "run `app.py docs`"


def test_defaults_are_shown_as_one_would_write_them() -> None:
    assert "| `OCC_LIVE` | `on` |" in README
    assert '| `OCC_TELEMETRY_DAYS` | `{"vehicle_ping": 30, "network_sample": 180}` |' in README
    assert "| `OCC_DATA_DIR` | `data` |" in README
    assert "| `OCC_CITY_DIR` |  |" in README


def test_every_command_is_in_the_readme() -> None:
    table = README.partition("## Commands")[2].partition("## ")[0]
    named = set(re.findall(r"`([\w-]+)", table.partition("|---|---|")[2]))
    (choices,) = (each.choices for each in build_parser()._actions if each.choices)
    assert set(choices) <= named


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "stop"])
def test_make_has_the_target(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:.* ## \S", makefile, re.M)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_an_exact_version(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert pins
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[\w.]+", pin)] == []


def test_every_installed_package_takes_the_oldest_python_promised() -> None:
    """The machine's own Python may be newer than Debian's: what it takes proves nothing."""
    refusing = {
        each.metadata["Name"]: each.metadata.get("Requires-Python")
        for each in distributions()
        if OLDEST_PYTHON not in SpecifierSet(each.metadata.get("Requires-Python") or "")
    }
    assert refusing == {}


@pytest.mark.parametrize("link", re.findall(r"\]\(([^):]+)\)", README))
def test_what_the_readme_links_to_exists(link: str) -> None:
    assert (ROOT / link).exists()
