"""Every import contract holds, and is broken by a breach planted in a copy of the packages."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RULE = SETTINGS["tool"]["importlinter"]
CONTRACTS = {each["id"]: each["name"] for each in RULE["contracts"]}

# contract, file, line added to it (a file that is not there is a new one)
BREACHES = [
    ("one-direction", "layers/__init__.py", "import etl.batch"),
    ("one-direction", "layers/values/__init__.py", "from etl.source import declaration"),
    ("one-direction", "etl/__init__.py", "import layers.period"),
    ("one-direction", "etl/load/__init__.py", "from layers import catalogue"),
    ("one-direction", "etl/__init__.py", "def late(): import layers.period"),
    ("one-direction", "layers/__init__.py", "import simulator.files"),
    ("one-direction", "simulator/ground/__init__.py", "import layers.period"),
    ("one-direction", "etl/__init__.py", "import simulator.files"),
    ("one-direction", "simulator/files.py", "import etl.batch"),
    ("one-direction", "geodata/__init__.py", "import etl.batch"),
    ("one-direction", "geodata/__init__.py", "import layers.period"),
    ("one-direction", "layers/__init__.py", "import dashboard.server"),
    ("one-direction", "dashboard/__init__.py", "import commands.context"),
    ("screens-read-states", "dashboard/__init__.py", "import etl.batch"),
    ("screens-read-states", "dashboard/pages/__init__.py", "import simulator.files"),
    ("nothing-above-commands", "commands/__init__.py", "import app"),
    ("nothing-above-commands", "geodata/__init__.py", "import tests.conftest"),
    ("geodata-floors", "geodata/tables/__init__.py", "import geodata.queries.loads"),
    ("geodata-floors", "geodata/database/__init__.py", "import geodata.city.configuration"),
    ("geodata-floors", "geodata/attic.py", ""),
    ("etl-floors", "etl/source/__init__.py", "import etl.gtfs.load"),
    ("etl-floors", "etl/extract/__init__.py", "import etl.load.records"),
    ("layers-floors", "layers/states/__init__.py", "import layers.values.read"),
    ("layers-floors", "layers/catalogue/__init__.py", "import layers.build.run"),
    ("layers-floors", "layers/measures/__init__.py", "import layers.score.score"),
    ("dashboard-floors", "dashboard/read/__init__.py", "import dashboard.pages"),
    ("dashboard-floors", "dashboard/maps/__init__.py", "import dashboard.components"),
    ("simulator-floors", "simulator/ground/__init__.py", "import simulator.transit"),
    ("no-circles", "geodata/tables/columns.py", "import geodata.tables.records"),
    ("dash-in-dashboard", "layers/maps/__init__.py", "import plotly.express"),
    ("dash-in-dashboard", "commands/__init__.py", "from dash import html"),
    ("web-in-servers", "etl/__init__.py", "from fastapi import APIRouter"),
    ("web-in-servers", "dashboard/pages/__init__.py", "from starlette.types import Scope"),
    (
        "published-with-its-screens",
        "commands/disclosure.py",
        "def late(): from layers.disclosure.publish import publish_layers",
    ),
    ("sql-in-its-rooms", "dashboard/__init__.py", "from sqlalchemy import select"),
    ("sql-in-its-rooms", "dashboard/live/__init__.py", "import psycopg"),
    ("sql-in-its-rooms", "commands/__init__.py", "from sqlalchemy import text"),
    ("sql-in-its-rooms", "simulator/__init__.py", "import psycopg"),
    ("sql-in-its-rooms", "etl/transform/__init__.py", "import sqlalchemy"),
    ("sql-in-its-rooms", "geodata/city/__init__.py", "from geoalchemy2 import Geometry"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the packages and of their contracts, whose import graph is known."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in RULE["root_packages"]:
        shutil.copytree(ROOT / package, copy / package, ignore=_all_but_python)
    assert broken_contracts(copy) == set()
    return copy


def _all_but_python(folder: str, names: list[str]) -> list[str]:
    kept = [
        name
        for name in names
        if name.endswith(".py") or ((Path(folder) / name).is_dir() and name != "node_modules")
    ]
    return [name for name in names if name not in kept]


def broken_contracts(house: Path) -> set[str]:
    """Run the linter as `make lint` does; return the names of the broken contracts."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=house, env=environment | {"COLUMNS": "200"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    broken = set(re.findall(r"^(.+) BROKEN\b", run.stdout, re.MULTILINE))
    assert f"{len(CONTRACTS) - len(broken)} kept, {len(broken)} broken" in run.stdout, run.stdout
    assert (run.returncode == 0) == (not broken)
    return broken


@contextmanager
def planted(path: Path, line: str) -> Iterator[None]:
    """Add a line to a file for a while."""
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_planted_breach_breaks_its_contract(
    house: Path, contract: str, file: str, line: str
) -> None:
    with planted(house / file, line):
        assert CONTRACTS[contract] in broken_contracts(house)


def test_every_contract_has_a_breach() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)
