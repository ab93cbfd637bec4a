"""Settings: an unknown one is an error, wherever it is written; what deeper rooms may not read."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from geodata.clock import now
from geodata.errors import SettingsError
from geodata.settings import ROOT, Settings, check_names, get_settings, setting_variables

ROOMS = ("geodata", "etl", "layers", "dashboard", "simulator")
READERS = {
    "geodata/settings.py",  # reads them
    "geodata/clock.py",  # is asked everywhere; its two settings hold for the whole process
}


@pytest.fixture
def _read_anew() -> Iterator[None]:
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("OCC_PROT", "OCC_PORT"),
        ("OCC_DATADIR", "OCC_DATA_DIR"),
        ("occ_cache", "OCC_CACHE_URL"),
        ("OCC_TELEMETRY_DAY", "OCC_TELEMETRY_DAYS"),
    ],
)
def test_an_unknown_setting_names_the_nearest(variable: str, nearest: str) -> None:
    with pytest.raises(SettingsError, match=f"no setting {variable}: is {nearest} meant"):
        check_names([variable])


def test_the_known_the_tests_and_other_programs_variables_pass() -> None:
    check_names([*setting_variables().values(), "occ_port", "OCC_TRIAL_DATA", "OCC_SOAK_HOURS"])
    check_names(["PATH", "OCCUPATION", "PGHOST"])


@pytest.mark.usefixtures("_read_anew")
def test_a_file_is_checked_too_and_its_clock_holds(monkeypatch, tmp_path) -> None:
    file = tmp_path / ".env"
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    file.write_text("OCC_PROT=1\n")
    with pytest.raises(SettingsError, match="OCC_PROT: is OCC_PORT meant"):
        get_settings()
    file.write_text("OTHER=1\nOCC_NOW=2026-11-20T08:00:00+08:00\nOCC_PORT=8051\n")
    monkeypatch.setenv("OCC_NOW", "")
    monkeypatch.delenv("OCC_NOW")  # put away again at the end
    assert get_settings().port == 8051
    assert now().isoformat() == "2026-11-20T00:00:00+00:00"
    assert os.environ["OCC_NOW"] == "2026-11-20T08:00:00+08:00"


def readers(source: str) -> set[str]:
    """The ways in which a module reads the environment or the process's settings."""
    names = {"get_settings", "environ", "getenv", "environb", "dotenv_values"}
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found |= {each.name for each in node.names} & names
        elif isinstance(node, ast.Attribute | ast.Name):
            found |= {node.attr if isinstance(node, ast.Attribute) else node.id} & names
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Settings":
            found.add("Settings()")
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_only_entry_points_read_settings(room: str) -> None:
    paths = sorted((ROOT / room).rglob("*.py"))
    reading = {
        name: found
        for path in paths
        if "node_modules" not in path.parts
        and (name := str(path.relative_to(ROOT))) not in READERS
        and (found := readers(path.read_text(encoding="utf-8")))
    }
    assert paths
    assert reading == {}


@pytest.mark.parametrize(
    "planted",
    [
        "from geodata.settings import get_settings",
        "from geodata import settings\nsettings.get_settings()",
        "import os\nos.environ['X']",
        "from os import getenv",
        "from geodata.settings import Settings\nSettings()",
    ],
)
def test_the_rule_sees_a_breach(planted: str) -> None:
    assert readers(planted)


def test_the_exceptions_are_needed() -> None:
    assert all(readers((ROOT / Path(each)).read_text(encoding="utf-8")) for each in READERS)
